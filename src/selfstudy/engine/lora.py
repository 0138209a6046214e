"""Low-rank updates of K slots applied to the base's projections during one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from selfstudy.engine.packing import Slots
from selfstudy.engine.projections import Projection


@dataclass(frozen=True)
class LowRank:
    """One projection's update in K slots: A [K, r, I], B [K, O, r] in the base's dtype, and each slot's scale."""

    a_KrI: Tensor
    b_KOr: Tensor
    scales: tuple[float, ...]

    def slots(self, present: list[int]) -> LowRank:
        index = torch.tensor(present, device=self.a_KrI.device)
        return LowRank(self.a_KrI[index], self.b_KOr[index], tuple(self.scales[slot] for slot in present))


Stack = Mapping[str, LowRank]
"""An update for each projection's path."""


def low_rank(input_TI: Tensor, update: LowRank, slots: Slots) -> Tensor:
    """Each token's update from its own slot: [T, I] → [T, O]."""
    if slots.single:
        return ((input_TI @ update.a_KrI[0].T) * update.scales[0]) @ update.b_KOr[0].T
    # Slots are padded with zeros to [K, M], never with another slot's tokens: 0 times a neighbour's NaN is NaN.
    padded = input_TI.new_zeros(slots.count * slots.longest, input_TI.shape[1])
    padded_KMI = padded.index_copy(0, slots.scatter_T, input_TI).view(slots.count, slots.longest, -1)
    inner_KMr = torch.bmm(padded_KMI, update.a_KrI.transpose(1, 2))
    if any(scale != 1 for scale in update.scales):
        inner_KMr = inner_KMr * inner_KMr.new_tensor(update.scales)[:, None, None]
    update_KMO = torch.bmm(inner_KMr, update.b_KOr.transpose(1, 2))
    return update_KMO.reshape(slots.count * slots.longest, -1).index_select(0, slots.scatter_T)


@contextmanager
def applied(projections: tuple[Projection, ...], stacks: tuple[Stack, ...], slots: Slots) -> Iterator[None]:
    """Within the block, each projection that a stack names adds that stack's updates to its output."""
    patched = []
    try:
        for projection in projections:
            updates = [stack[projection.path] for stack in stacks if projection.path in stack]
            if updates:
                # An attribute of the instance hides the class's method until it is deleted again.
                projection.module.forward = _forward(projection.module, updates, slots)  # type: ignore[method-assign]
                patched.append(projection.module)
        yield
    finally:
        for module in patched:
            del module.forward


def _forward(module: Any, updates: list[LowRank], slots: Slots) -> Any:
    def forward(input: Tensor) -> Tensor:
        flat_TI = input.reshape(-1, input.shape[-1])
        rest = updates
        if slots.single:
            output_TO = _OneSlot.apply(  # type: ignore[no-untyped-call]
                flat_TI, module.weight, module.bias, updates[0].a_KrI, updates[0].b_KOr, updates[0].scales[0]
            )
            rest = updates[1:]
        else:
            output_TO = functional.linear(flat_TI, module.weight, module.bias)
        for update in rest:
            output_TO = output_TO + low_rank(flat_TI, update, slots)
        return output_TO.view(*input.shape[:-1], -1)  # type: ignore[no-any-return]

    return forward


class _OneSlot(torch.autograd.Function):
    """x Wᵀ + bias + scale (x Aᵀ) Bᵀ for a single slot, with W frozen.

    Written out because a training step of a small model is a thousand such products of a few hundred tokens: what
    autograd adds around each (views, zero-filled gradients of slices, extra sums) costs as much as the products.
    """

    @staticmethod
    def forward(
        ctx: Any, input_TI: Tensor, weight_OI: Tensor, bias_O: Tensor | None, a_1rI: Tensor, b_1Or: Tensor, scale: float
    ) -> Tensor:
        inner_Tr = input_TI @ a_1rI[0].T
        output_TO = functional.linear(input_TI, weight_OI, bias_O)
        output_TO.addmm_(inner_Tr, b_1Or[0].T, alpha=scale)
        ctx.save_for_backward(input_TI, weight_OI, a_1rI, b_1Or, inner_Tr)
        ctx.scale = scale
        return output_TO

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad_TO,) = grads
        input_TI, weight_OI, a_1rI, b_1Or, inner_Tr = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        grad_input = grad_a = grad_b = None
        if wanted[0] or wanted[3]:
            inner_grad_Tr = (grad_TO @ b_1Or[0]).mul_(ctx.scale)
            if wanted[0]:
                grad_input = (grad_TO @ weight_OI).addmm_(inner_grad_Tr, a_1rI[0])
            if wanted[3]:
                grad_a = (inner_grad_Tr.T @ input_TI)[None]
        if wanted[4]:
            grad_b = (grad_TO.T @ inner_Tr).mul_(ctx.scale)[None]
        return grad_input, None, None, grad_a, grad_b, None
