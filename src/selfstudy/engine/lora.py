"""Low-rank updates of K slots applied to the base's projections during one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from selfstudy.engine.packing import Slots
from selfstudy.engine.projections import Projection

Stack = Mapping[str, tuple[Tensor, Tensor]]
"""For each projection's path: A [K, r, I] and B [K, O, r], scale folded into B, in the base's dtype."""


def low_rank(input_TI: Tensor, a_KrI: Tensor, b_KOr: Tensor, slots: Slots) -> Tensor:
    """Each token's update from its own slot: [T, I] → [T, O]."""
    if slots.single:
        return (input_TI @ a_KrI[0].T) @ b_KOr[0].T
    # Slots are padded with zeros to [K, M], never with another slot's tokens: 0 times a neighbour's NaN is NaN.
    padded = input_TI.new_zeros(slots.count * slots.longest, input_TI.shape[1])
    padded_KMI = padded.index_copy(0, slots.scatter_T, input_TI).view(slots.count, slots.longest, -1)
    update_KMO = torch.bmm(torch.bmm(padded_KMI, a_KrI.transpose(1, 2)), b_KOr.transpose(1, 2))
    return update_KMO.reshape(slots.count * slots.longest, -1).index_select(0, slots.scatter_T)


@contextmanager
def applied(projections: tuple[Projection, ...], stacks: tuple[Stack, ...], slots: Slots) -> Iterator[None]:
    """Within the block, each projection that a stack names adds that stack's updates to its output."""
    handles = []
    try:
        for projection in projections:
            pairs = [stack[projection.path] for stack in stacks if projection.path in stack]
            if pairs:
                handles.append(projection.module.register_forward_hook(_hook(pairs, slots)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hook(pairs: list[tuple[Tensor, Tensor]], slots: Slots) -> Any:
    def add_updates(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
        for a_KrI, b_KOr in pairs:
            output = output + low_rank(args[0][0], a_KrI, b_KOr, slots)[None]
        return output

    return add_updates
