"""Low-rank updates of K slots applied to the base's projections during one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from selfstudy.engine.adapted_linear import AdaptedLinear, Gradients
from selfstudy.engine.packing import Slots
from selfstudy.engine.projections import Projection
from selfstudy.engine.slot_products import Apart, Padded, SlotProducts


@dataclass(frozen=True)
class LowRank:
    """One projection's update in K slots: A [K, r, I], B [K, O, r] in the base's dtype, and each slot's scale.

    A trained one says where its `gradients` go; `rows` then are the K' of its slots that a pass holds, in order.
    """

    a_KrI: Tensor
    b_KOr: Tensor
    scales: tuple[float, ...]
    gradients: Gradients | None = None
    rows: tuple[int, ...] | None = None

    def slots(self, present: list[int]) -> LowRank:
        scales = tuple(self.scales[slot] for slot in present)
        if self.gradients is not None:
            return replace(self, scales=scales, rows=tuple(present))
        index = torch.tensor(present, device=self.a_KrI.device)
        return LowRank(self.a_KrI[index], self.b_KOr[index], scales)


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
    shared: dict[tuple[tuple[int, ...], tuple[float, ...]], tuple[SlotProducts, Tensor | float]] = {}
    try:
        for projection in projections:
            updates = [stack[projection.path] for stack in stacks if projection.path in stack]
            if updates:
                # An attribute of the instance hides the class's method until it is deleted again.
                projection.module.forward = _forward(projection.module, updates, slots, shared)  # type: ignore[method-assign]
                patched.append(projection.module)
        yield
    finally:
        for module in patched:
            del module.forward


def _forward(module: Any, updates: list[LowRank], slots: Slots, shared: dict[Any, Any]) -> Any:
    # One node for the base's product and the first update; where it is neither trained nor alone, plain products do.
    first = updates[0] if slots.single or updates[0].gradients is not None else None
    rest = updates[1:] if first is not None else updates
    if first is not None:
        key = first.rows or tuple(range(slots.count)), first.scales
        if key not in shared:
            shared[key] = _products(slots, first, key[0]), _scale(slots, first)
        products, scale_T1 = shared[key]

    def forward(input: Tensor) -> Tensor:
        flat_TI = input.reshape(-1, input.shape[-1])
        if first is not None:
            output_TO = AdaptedLinear.apply(  # type: ignore[no-untyped-call]
                flat_TI, module.weight, module.bias, first.a_KrI, first.b_KOr, scale_T1, products, first.gradients
            )
        else:
            output_TO = functional.linear(flat_TI, module.weight, module.bias)
        for update in rest:
            output_TO = output_TO + low_rank(flat_TI, update, slots)
        return output_TO.view(*input.shape[:-1], -1)  # type: ignore[no-any-return]

    return forward


def _products(slots: Slots, update: LowRank, rows: tuple[int, ...]) -> SlotProducts:
    device = update.a_KrI.device
    if slots.single or device.type == "cpu":
        return Apart(slots.sizes, rows)
    whole = rows == tuple(range(update.a_KrI.shape[0]))
    return Padded(slots.scatter_T, slots.longest, rows, None if whole else torch.tensor(rows, device=device))


def _scale(slots: Slots, update: LowRank) -> Tensor | float:
    """The slots' scales, one a token where they differ."""
    if len({*update.scales}) == 1:
        return update.scales[0]
    like = update.a_KrI
    sizes = torch.tensor(slots.sizes, device=like.device)
    return torch.tensor(update.scales, dtype=like.dtype, device=like.device).repeat_interleave(sizes)[:, None]
