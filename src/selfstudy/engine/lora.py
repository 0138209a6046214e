"""Low-rank updates of K slots applied to the base's projections during one forward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from ctypes import CDLL
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from selfstudy.engine.adapted_linear import AdaptedLinear, Trained
from selfstudy.engine.bands import BandedProducts, bands_of
from selfstudy.engine.native_products import NativeProducts, fits
from selfstudy.engine.packing import Slots
from selfstudy.engine.projections import Projection, read_together
from selfstudy.engine.replaced import Forward, replaced
from selfstudy.engine.slot_products import SlotProducts


@dataclass(frozen=True)
class LowRank:
    """One projection's fixed update in K slots: A [K, r, I], B [K, O, r] in the base's dtype, the scale within B."""

    a_KrI: Tensor
    b_KOr: Tensor

    def slots(self, present: list[int]) -> LowRank:
        index = torch.tensor(present, device=self.a_KrI.device)
        return LowRank(self.a_KrI[index], self.b_KOr[index])


Stack = Mapping[str, LowRank]
"""An update for each projection's path."""


def low_rank(input_TI: Tensor, update: LowRank, slots: Slots) -> Tensor:
    """Each token's update from its own slot: [T, I] → [T, O]."""
    if slots.single:
        return (input_TI @ update.a_KrI[0].T) @ update.b_KOr[0].T
    # Slots are padded with zeros to [K, M], never with another slot's tokens: 0 times a neighbour's NaN is NaN.
    own = slots.scatter_T.numel()
    padded = input_TI.new_zeros(slots.count * slots.longest, input_TI.shape[1])
    padded_KMI = padded.index_copy(0, slots.scatter_T, input_TI[:own]).view(slots.count, slots.longest, -1)
    inner_KMr = torch.bmm(padded_KMI, update.a_KrI.transpose(1, 2))
    update_KMO = torch.bmm(inner_KMr, update.b_KOr.transpose(1, 2))
    update_tO = update_KMO.reshape(slots.count * slots.longest, -1).index_select(0, slots.scatter_T)
    padding = input_TI.shape[0] - own
    return functional.pad(update_tO, (0, 0, 0, padding)) if padding else update_tO


def applied(
    projections: tuple[Projection, ...],
    trained: Sequence[Trained],
    scales: Sequence[float],
    fixed: Stack,
    slots: Slots,
    kernels: CDLL | None = None,
) -> AbstractContextManager[None]:
    """Within the block, projections add the `trained` updates, times each slot's scale, and the `fixed` ones."""
    of_path = {path: update for update in trained for path in update.paths}
    products = _products(trained, scales, slots, kernels)
    forwards: list[tuple[nn.Module, Forward]] = []
    for group in read_together(projections):
        update = next((of_path[p.path] for p in group if p.path in of_path), None)
        together = _Together(group, update, products) if update is not None else None
        for number, projection in enumerate(group):
            if together is not None or projection.path in fixed:
                forward = _forward(projection, number, together, fixed.get(projection.path), slots)
                forwards.append((projection.module, forward))
    return replaced(forwards)


def _products(trained: Sequence[Trained], scales: Sequence[float], slots: Slots, kernels: CDLL | None) -> SlotProducts:
    widths = {width for each in trained for part in (each.a_KnI, *each.b_KOr) for width in part.shape[1:]}
    if kernels is not None and trained and fits(trained[0].a_KnI, widths):
        return NativeProducts(kernels, slots.sizes, scales)
    return BandedProducts(bands_of(slots.sizes, scales, trained[0].a_KnI) if trained else ())


class _Together:
    """Projections that read the same input: the first that is asked computes all. Each one's output is given once."""

    def __init__(self, group: tuple[Projection, ...], update: Trained, products: SlotProducts) -> None:
        self._frozen = [p.module for p in group]
        self._updated = [number for number, p in enumerate(group) if p.path in update.paths]
        self._update, self._products = update, products
        self._input: Tensor | None = None
        self._outputs: list[Tensor | None] = [None] * len(group)

    def output(self, number: int, input: Tensor, flat_TI: Tensor) -> Tensor:
        """`flat_TI` is `input` as [T, I]."""
        if input is not self._input or self._outputs[number] is None:
            self._input = input
            self._outputs = [
                *AdaptedLinear.apply(  # type: ignore[no-untyped-call]
                    flat_TI, self._update.a_KnI, self._update.b_KOr, self._frozen, self._updated, self._products,
                    self._update.gradients,
                )
            ]  # fmt: skip
        output, self._outputs[number] = self._outputs[number], None
        assert output is not None
        return output


def _forward(
    projection: Projection, number: int, together: _Together | None, fixed: LowRank | None, slots: Slots
) -> Forward:
    module = projection.module

    def forward(input: Tensor) -> Tensor:
        flat_TI = input.reshape(-1, input.shape[-1])
        if together is not None:
            output_TO = together.output(number, input, flat_TI)
        else:
            # The instance's own `forward` is this function.
            output_TO = type(module).forward(module, flat_TI)
        if fixed is not None:
            output_TO = output_TO + low_rank(flat_TI, fixed, slots)
        return output_TO.view(*input.shape[:-1], -1)

    return forward
