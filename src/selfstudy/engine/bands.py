"""Slots of a pass in bands of about equal length, so that a band's low-rank products are batched ones.

One batched product over all slots would pad short rows to the longest passage; one product a slot pays its call for
every few dozen tokens. A band is a run of neighbouring slots, padded to its longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.engine.slot_products import Gradients

CALL_TOKENS = 50
"""On a CPU one more band costs about what this many tokens of padding do (estimated, not tuned: a
projection's calls for a band take 100 µs, its products 2 µs a token)."""


@dataclass(frozen=True)
class Band:
    """Slots [first, last) of a pass, its tokens [start, end), as [K, M].

    Padding repeats a slot's own last token, so no value of one slot reaches another; `weight_KM1` is the slot's scale
    on tokens and 0 on padding. `spread` and `gather` are None where there is nothing to pad.
    """

    first: int
    last: int
    start: int
    end: int
    longest: int
    weight_KM1: Tensor | float
    spread: Tensor | None
    gather: Tensor | None

    def pad(self, packed_TX: Tensor) -> Tensor:
        """This band's tokens as [K, M, X]."""
        own_tX = packed_TX[self.start : self.end]
        if self.spread is not None:
            own_tX = own_tX.index_select(0, self.spread)
        return own_tX.view(self.last - self.first, self.longest, -1)

    def add_product(self, into_TY: Tensor, left_KMX: Tensor, right_KXY: Tensor) -> None:
        """Add each slot's product to its tokens of `into_TY`."""
        own_tY = into_TY[self.start : self.end]
        if self.last - self.first == 1:
            own_tY.addmm_(left_KMX[0], right_KXY[0])
            return
        product = torch.bmm(left_KMX, right_KXY).flatten(0, 1)
        own_tY.add_(product if self.gather is None else product.index_select(0, self.gather))


class BandedProducts:
    """The low-rank products of a pass's slots as batched products of its bands, by torch's operators."""

    def __init__(self, bands: Sequence[Band]) -> None:
        self._bands = bands

    def add(
        self, input_TI: Tensor, a_KnI: Tensor, b_KOr: Sequence[Tensor], into: Sequence[Tensor]
    ) -> list[tuple[Tensor, list[Tensor]]]:
        """Keeps the input as each band pads it, and of each projection the scaled inner states [K, M, r]."""
        kept = []
        for band in self._bands:
            own, padded_KMI = slice(band.first, band.last), band.pad(input_TI)
            inner_KMn = torch.bmm(padded_KMI, a_KnI[own].transpose(1, 2)).mul_(band.weight_KM1)
            inner = [inner_KMr.contiguous() for inner_KMr in inner_KMn.chunk(len(b_KOr), 2)]
            for b, output_TO, inner_KMr in zip(b_KOr, into, inner, strict=True):
                band.add_product(output_TO, inner_KMr, b[own].transpose(1, 2))
            kept.append((padded_KMI, inner))
        return kept

    def back(
        self, kept: list[tuple[Tensor, list[Tensor]]], a_KnI: Tensor, b_KOr: Sequence[Tensor],
        grads: Sequence[Tensor], grad_TI: Tensor | None, into: Gradients,
    ) -> None:  # fmt: skip
        for band, (padded_KMI, inner) in zip(self._bands, kept, strict=True):
            own, of_inner = slice(band.first, band.last), []
            for b, into_KOr, grad_TO, inner_KMr in zip(b_KOr, into.b_KOr, grads, inner, strict=True):
                grad_KMO = band.pad(grad_TO)
                of_inner.append(torch.bmm(grad_KMO, b[own]))
                # Padding is 0 on the side of rank r, so what the other side repeats there does not count.
                _leave(into_KOr[own], grad_KMO, inner_KMr, add=into.written)
            inner_grad_KMn = (of_inner[0] if len(b_KOr) == 1 else torch.cat(of_inner, 2)).mul_(band.weight_KM1)
            if grad_TI is not None:
                band.add_product(grad_TI, inner_grad_KMn, a_KnI[own])
            _leave(into.a_KnI[own], inner_grad_KMn, padded_KMI, add=into.written)
        into.written = True


def _leave(into_KXY: Tensor, left_KMX: Tensor, right_KMY: Tensor, *, add: bool) -> None:
    if into_KXY.shape[0] == 1:
        into_KXY[0].addmm_(left_KMX[0].T, right_KMY[0], beta=1 if add else 0)
    elif add:
        into_KXY.baddbmm_(left_KMX.transpose(1, 2), right_KMY)
    else:
        torch.bmm(left_KMX.transpose(1, 2), right_KMY, out=into_KXY)


def partition(sizes: Sequence[int], call: int) -> list[tuple[int, int]]:
    """Cuts `sizes` into runs [first, last) so that calls and padded places cost least; a call costs `call` places."""
    best: list[tuple[int, int]] = [(0, 0)]  # for each end: least cost, and where its last run begins
    for end in range(1, len(sizes) + 1):
        longest, options = 0, []
        for first in reversed(range(end)):
            longest = max(longest, sizes[first])
            options.append((best[first][0] + call + (end - first) * longest, first))
        best.append(min(options))
    runs, end = [], len(sizes)
    while end:
        runs.append((best[end][1], end))
        end = best[end][1]
    return runs[::-1]


def bands_of(sizes: Sequence[int], scales: Sequence[float], like: Tensor) -> tuple[Band, ...]:
    """Bands of slots that hold `sizes` tokens. A GPU gets one: launches cost more there than padding does."""
    runs = partition(sizes, CALL_TOKENS) if like.device.type == "cpu" else [(0, len(sizes))]
    return tuple(_band(sizes, scales, first, last, like) for first, last in runs)


def _band(sizes: Sequence[int], scales: Sequence[float], first: int, last: int, like: Tensor) -> Band:
    start, own = sum(sizes[:first]), sizes[first:last]
    longest = max(own)
    end = start + sum(own)
    if min(own) == longest and len({*scales[first:last]}) == 1:
        return Band(first, last, start, end, longest, scales[first], None, None)
    weights = [[scale] * size + [0.0] * (longest - size) for size, scale in zip(own, scales[first:last], strict=True)]
    weight_KM1 = torch.tensor(weights, dtype=like.dtype, device=like.device)[:, :, None]
    if min(own) == longest:
        return Band(first, last, start, end, longest, weight_KM1, None, None)
    spread: list[int] = []
    gather: list[int] = []
    token = 0
    for slot, size in enumerate(own):
        spread += [token + min(i, size - 1) for i in range(longest)]
        gather += range(slot * longest, slot * longest + size)
        token += size
    index = [torch.tensor(places, device=like.device) for places in (spread, gather)]
    return Band(first, last, start, end, longest, weight_KM1, *index)
