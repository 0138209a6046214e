"""Matrix products of packed tokens with a matrix a slot: each token's rows meet their own slot's matrix only.

Two ways of the same: `Apart` multiplies slot by slot, which a processor does without waste; `Padded` is one batched
product over slots padded to the longest, for devices on which a launch costs more than the padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class SlotProducts(Protocol):
    """X and Y stand for any widths. Where a pass holds some of a tensor's slots only, they are named beforehand."""

    def times(self, packed_TX: Tensor, slots_KXY: Tensor) -> Tensor:
        """[T, Y]: each slot's tokens times its matrix."""
        ...

    def add_times(self, into_TY: Tensor, packed_TX: Tensor, slots_KXY: Tensor) -> None:
        """The same, added to `into_TY`."""
        ...

    def outer(self, into_KXY: Tensor, packed_TX: Tensor, packed_TY: Tensor, *, add: bool) -> None:
        """Each slot's Xᵀ Y over its tokens, written to the slot's place in `into_KXY` or added to it."""
        ...


@dataclass(frozen=True)
class Apart:
    """`sizes[i]` tokens in a row belong to slot `rows[i]` of the matrices."""

    sizes: tuple[int, ...]
    rows: tuple[int, ...]

    def times(self, packed_TX: Tensor, slots_KXY: Tensor) -> Tensor:
        found_TY = packed_TX.new_empty(packed_TX.shape[0], slots_KXY.shape[2])
        for packed, matrix, found in zip(
            packed_TX.split(self.sizes), self._of(slots_KXY), found_TY.split(self.sizes), strict=True
        ):
            torch.mm(packed, matrix, out=found)
        return found_TY

    def add_times(self, into_TY: Tensor, packed_TX: Tensor, slots_KXY: Tensor) -> None:
        for into, packed, matrix in zip(
            into_TY.split(self.sizes), packed_TX.split(self.sizes), self._of(slots_KXY), strict=True
        ):
            into.addmm_(packed, matrix)

    def outer(self, into_KXY: Tensor, packed_TX: Tensor, packed_TY: Tensor, *, add: bool) -> None:
        for into, left, right in zip(
            self._of(into_KXY), packed_TX.split(self.sizes), packed_TY.split(self.sizes), strict=True
        ):
            if add:
                into.addmm_(left.T, right)
            else:
                torch.mm(left.T, right, out=into)

    def _of(self, slots_KXY: Tensor) -> list[Tensor]:
        each = slots_KXY.unbind(0)
        return [each[row] for row in self.rows]


@dataclass(frozen=True)
class Padded:
    """Packed token i goes to place `scatter_T[i]` of [len(rows), longest]; `index` is `rows` where some are absent."""

    scatter_T: Tensor
    longest: int
    rows: tuple[int, ...]
    index: Tensor | None

    def times(self, packed_TX: Tensor, slots_KXY: Tensor) -> Tensor:
        found_KMY = torch.bmm(self._pad(packed_TX), self._of(slots_KXY))
        return found_KMY.flatten(0, 1).index_select(0, self.scatter_T)

    def add_times(self, into_TY: Tensor, packed_TX: Tensor, slots_KXY: Tensor) -> None:
        into_TY.add_(self.times(packed_TX, slots_KXY))

    def outer(self, into_KXY: Tensor, packed_TX: Tensor, packed_TY: Tensor, *, add: bool) -> None:
        found_KXY = torch.bmm(self._pad(packed_TX).transpose(1, 2), self._pad(packed_TY))
        if add:
            found_KXY += self._of(into_KXY)
        if self.index is None:
            into_KXY.copy_(found_KXY)
        else:
            into_KXY.index_copy_(0, self.index, found_KXY)

    def _pad(self, packed_TX: Tensor) -> Tensor:
        # Zeros, never another slot's tokens: 0 times a neighbour's NaN is NaN.
        flat = packed_TX.new_zeros(len(self.rows) * self.longest, packed_TX.shape[1])
        return flat.index_copy_(0, self.scatter_T, packed_TX).view(len(self.rows), self.longest, -1)

    def _of(self, slots_KXY: Tensor) -> Tensor:
        return slots_KXY if self.index is None else slots_KXY.index_select(0, self.index)
