"""How rows of several adapter slots lie in one pass: packed for linear layers, unpacked inside attention.

A pass holds, slot by slot, the tokens of the slot's rows one after another. Where all rows of a call begin with the
same tokens (the chat template's head), each slot holds that prefix once, as its first row, and its other rows attend
to it. That is exact: a causal model's states of the prefix do not depend on what follows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class RowGroup:
    """Rows that attention treats alike: `scatter_T` sends packed token i to place row·L + offset of [R, L]."""

    tokens_T: Tensor
    scatter_T: Tensor
    rows: int
    longest: int

    def unpack(self, packed_TX: Tensor) -> Tensor:
        """[T, N, D] → [R, N, L, D], zeros where a row is shorter than L."""
        heads, width = packed_TX.shape[1:]
        flat = packed_TX.new_zeros(self.rows * self.longest, heads, width)
        flat = flat.index_copy(0, self.scatter_T, packed_TX.index_select(0, self.tokens_T))
        return flat.view(self.rows, self.longest, heads, width).transpose(1, 2)

    def repack(self, rows_RNLD: Tensor) -> Tensor:
        """[R, N, L, D] → this group's tokens [t, N, D]."""
        flat = rows_RNLD.transpose(1, 2).reshape(self.rows * self.longest, *rows_RNLD.shape[1::2])
        return flat.index_select(0, self.scatter_T)


@dataclass(frozen=True)
class Slots:
    """Which slot each packed token belongs to: `scatter_T` sends token i to place slot·M + offset of [K, M]."""

    scatter_T: Tensor
    count: int
    longest: int

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Tokens of each slot, which lie together, slot after slot."""
        if self.single:
            return (self.scatter_T.numel(),)
        of_slot = self.scatter_T.div(self.longest, rounding_mode="floor")
        return tuple(torch.bincount(of_slot, minlength=self.count).tolist())

    @property
    def single(self) -> bool:
        return self.count == 1


@dataclass(frozen=True)
class Layout:
    """One packed pass.

    `alone` are rows that attend to themselves only (among them each slot's prefix, first of its slot); `continued`
    are rows that also attend to their slot's prefix row, `prefix_of_R` of `alone`, which is `prefix_length` long.
    """

    positions_T: Tensor
    slots: Slots
    alone: RowGroup
    continued: RowGroup | None
    prefix_of_R: Tensor | None
    prefix_length: int


@dataclass(frozen=True)
class PackedRow:
    """A row's place in a pass: `tokens` are [start, start + length) of it, its ids from `skipped` on."""

    slot: int
    row: int
    start: int
    length: int
    skipped: int


def shared_prefix(rows: Sequence[Sequence[int]], limits: Sequence[int], least: int = 4) -> tuple[int, ...]:
    """The beginning that most rows have in common, or () where it is shorter than `least` or two rows do not share it.

    Rows are compared with those that begin with the same `least` tokens; `limits[i]` is how much of row i may be
    taken out of it at most (what comes before its first trained or scored position).
    """
    heads = Counter(tuple(row[:least]) for row, limit in zip(rows, limits, strict=True) if limit >= least)
    if not heads or heads.most_common(1)[0][1] < 2:
        return ()
    head = heads.most_common(1)[0][0]
    alike = [(r, n) for r, n in zip(rows, limits, strict=True) if n >= least and tuple(r[:least]) == head]
    prefix = tuple(alike[0][0][: alike[0][1]])
    for row, limit in alike[1:]:
        length = min(len(prefix), limit)
        prefix = prefix[: next((i for i in range(length) if row[i] != prefix[i]), length)]
    return prefix


def _group(lengths: Sequence[int], starts: Sequence[int], device: torch.device) -> RowGroup:
    longest = max(lengths)
    tokens = [s + i for s, n in zip(starts, lengths, strict=True) for i in range(n)]
    scatter = [r * longest + i for r, n in enumerate(lengths) for i in range(n)]
    return RowGroup(
        torch.tensor(tokens, device=device), torch.tensor(scatter, device=device), rows=len(lengths), longest=longest
    )


def pack(
    lengths: Sequence[Sequence[int]], shares: Sequence[Sequence[bool]], prefix_length: int, device: torch.device
) -> tuple[Layout, list[PackedRow]]:
    """Lay out rows of whole length `lengths[slot][row]`; rows with `shares[slot][row]` leave their prefix out.

    A slot with sharing rows gets a prefix row of `prefix_length` tokens in front. Returns the layout and where each
    row lies, in slot order; a slot's prefix row is listed as row -1.
    """
    placed: list[PackedRow] = []
    positions: list[int] = []
    slot_scatter: list[tuple[int, int]] = []
    alone: list[PackedRow] = []
    continued: list[tuple[PackedRow, int]] = []
    cursor, longest_slot = 0, 0
    for slot, (slot_lengths, slot_shares) in enumerate(zip(lengths, shares, strict=True)):
        offset, prefix_row = 0, -1
        wanted = [(-1, prefix_length, 0)] if any(slot_shares) else []
        wanted += [
            (row, n - prefix_length if share else n, prefix_length if share else 0)
            for row, (n, share) in enumerate(zip(slot_lengths, slot_shares, strict=True))
        ]
        for row, length, skipped in wanted:
            place = PackedRow(slot, row, cursor, length, skipped)
            placed.append(place)
            if row == -1:
                prefix_row = len(alone)
            if skipped:
                continued.append((place, prefix_row))
            else:
                alone.append(place)
            positions.extend(range(skipped, skipped + length))
            slot_scatter.extend((slot, offset + i) for i in range(length))
            cursor += length
            offset += length
        longest_slot = max(longest_slot, offset)
    layout = Layout(
        positions_T=torch.tensor(positions, device=device),
        slots=Slots(
            torch.tensor([slot * longest_slot + i for slot, i in slot_scatter], device=device),
            count=len(lengths),
            longest=longest_slot,
        ),
        alone=_group([p.length for p in alone], [p.start for p in alone], device),
        continued=_group([p.length for p, _ in continued], [p.start for p, _ in continued], device)
        if continued
        else None,
        prefix_of_R=torch.tensor([r for _, r in continued], device=device) if continued else None,
        prefix_length=prefix_length if continued else 0,
    )
    return layout, placed
