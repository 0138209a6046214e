"""Slots of a pass in bands of about equal length, so that a band's low-rank products are batched ones.

One batched product over all slots would pad short rows to the longest passage; one product a slot pays its call for
every few dozen tokens. A band is a run of neighbouring slots, padded to its longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

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
