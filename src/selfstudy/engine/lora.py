"""Low-rank updates of K slots applied to the base's projections during one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from selfstudy.engine.adapted_linear import AdaptedLinear, Gradients
from selfstudy.engine.bands import Padded, bands_of
from selfstudy.engine.packing import Slots
from selfstudy.engine.projections import Projection


@dataclass(frozen=True)
class LowRank:
    """One projection's update in K slots: A [K, r, I], B [K, O, r] in the base's dtype, and each slot's scale.

    A trained one says where its `gradients` go.
    """

    a_KrI: Tensor
    b_KOr: Tensor
    scales: tuple[float, ...]
    gradients: Gradients | None = None

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
    own = slots.scatter_T.numel()
    padded = input_TI.new_zeros(slots.count * slots.longest, input_TI.shape[1])
    padded_KMI = padded.index_copy(0, slots.scatter_T, input_TI[:own]).view(slots.count, slots.longest, -1)
    inner_KMr = torch.bmm(padded_KMI, update.a_KrI.transpose(1, 2))
    if any(scale != 1 for scale in update.scales):
        inner_KMr = inner_KMr * inner_KMr.new_tensor(update.scales)[:, None, None]
    update_KMO = torch.bmm(inner_KMr, update.b_KOr.transpose(1, 2))
    update_tO = update_KMO.reshape(slots.count * slots.longest, -1).index_select(0, slots.scatter_T)
    padding = input_TI.shape[0] - own
    return functional.pad(update_tO, (0, 0, 0, padding)) if padding else update_tO


@contextmanager
def applied(projections: tuple[Projection, ...], stacks: tuple[Stack, ...], slots: Slots) -> Iterator[None]:
    """Within the block, each projection that a stack names adds that stack's updates to its output."""
    patched = []
    shared: dict[tuple[float, ...], Padded] = {}
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


def _forward(module: Any, updates: list[LowRank], slots: Slots, shared: dict[tuple[float, ...], Padded]) -> Any:
    # One node for the base's product and the first update; where it is neither trained nor alone, plain products do.
    first = updates[0] if slots.single or updates[0].gradients is not None else None
    rest = updates[1:] if first is not None else updates
    padded = Padded(())
    if first is not None:
        if first.scales not in shared:
            shared[first.scales] = Padded(bands_of(slots.sizes, first.scales, first.a_KrI))
        padded = shared[first.scales]

    def forward(input: Tensor) -> Tensor:
        flat_TI = input.reshape(-1, input.shape[-1])
        if first is not None:
            output_TO = AdaptedLinear.apply(  # type: ignore[no-untyped-call]
                flat_TI,
                module.weight,
                module.bias,
                first.a_KrI,
                first.b_KOr,
                padded.bands,
                padded.of(input, flat_TI),
                first.gradients,
            )
        else:
            output_TO = functional.linear(flat_TI, module.weight, module.bias)
        for update in rest:
            output_TO = output_TO + low_rank(flat_TI, update, slots)
        return output_TO.view(*input.shape[:-1], -1)  # type: ignore[no-any-return]

    return forward
