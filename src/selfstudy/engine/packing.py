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

from selfstudy.engine.bands import partition


@dataclass(frozen=True)
class RowGroup:
    """Rows of about equal length, which attention takes together: `scatter_t` sends the group's i-th token, which is
    packed token `tokens_t[i]`, to place row·L + offset of [R, L]. `start` is the first of them if they lie together.

    The rows continue the prefix rows `prefix_of_R` of the pass, or attend to themselves only (None).
    """

    tokens_T: Tensor
    scatter_T: Tensor
    rows: int
    longest: int
    start: int | None
    prefix_of_R: Tensor | None = None

    @property
    def full(self) -> bool:
        """All rows are L long."""
        return self.scatter_T.numel() == self.rows * self.longest

    def unpack(self, packed_TX: Tensor) -> Tensor:
        """[T, N, D] → [R, N, L, D], zeros where a row is shorter than L."""
        heads, width = packed_TX.shape[1:]
        if self.start is None:
            own = packed_TX.index_select(0, self.tokens_T)
        else:
            own = packed_TX[self.start : self.start + self.tokens_T.numel()]
        if not self.full:
            own = own.new_zeros(self.rows * self.longest, heads, width).index_copy_(0, self.scatter_T, own)
        return own.view(self.rows, self.longest, heads, width).transpose(1, 2)

    def repack(self, rows_RNLD: Tensor) -> Tensor:
        """[R, N, L, D] → this group's tokens [t, N, D]."""
        flat = rows_RNLD.transpose(1, 2).reshape(self.rows * self.longest, *rows_RNLD.shape[1::2])
        return flat if self.full else flat.index_select(0, self.scatter_T)

    def put(self, into_TND: Tensor, rows_RNLD: Tensor) -> None:
        """Write [R, N, L, D] to this group's tokens of [T, N, D]."""
        if self.start is None:
            into_TND.index_copy_(0, self.tokens_T, self.repack(rows_RNLD))
            return
        own = into_TND[self.start : self.start + self.tokens_T.numel()]
        if self.full:
            own.view(self.rows, self.longest, *own.shape[1:]).copy_(rows_RNLD.transpose(1, 2))
        else:
            own.copy_(self.repack(rows_RNLD))


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
class Span:
    """A row of a pass: its tokens [start, start + length), after those of span number `prefix` (or None)."""

    start: int
    length: int
    prefix: int | None


@dataclass(frozen=True)
class Layout:
    """One packed pass: each token belongs to one group. Groups without a prefix come first.

    Where rows continue a prefix, the first group holds each slot's prefix row, `prefix_length` long. `place_T` is where
    a packed token lies when the groups' tokens stand one after another; None where that is the packed order.

    The last `padding` of the T places belong to no row and to no slot, a lone slot excepted; nothing reads them.
    """

    positions_T: Tensor
    slots: Slots
    groups: tuple[RowGroup, ...]
    spans: tuple[Span, ...]
    place_T: Tensor | None
    prefix_length: int
    padding: int = 0

    @property
    def alone(self) -> RowGroup:
        """The only group."""
        (group,) = self.groups
        return group


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


CALL_PLACES = 20_000
"""On a CPU one more group costs about what this many scores of a query and a key do (estimated, not tuned)."""


def _groups(rows: Sequence[tuple[PackedRow, int]], device: torch.device) -> list[RowGroup]:
    """Groups of rows given with their prefix rows (-1: none), so that calls and padding cost least."""
    ordered = sorted(rows, key=lambda row: -row[0].length)
    squares = [place.length**2 for place, _ in ordered]
    runs = partition(squares, CALL_PLACES) if device.type == "cpu" else [(0, len(ordered))]
    return [_group(sorted(ordered[a:b], key=lambda row: row[0].start), device) for a, b in runs]


def _group(rows: Sequence[tuple[PackedRow, int]], device: torch.device) -> RowGroup:
    longest = max(place.length for place, _ in rows)
    tokens = [place.start + i for place, _ in rows for i in range(place.length)]
    scatter = [r * longest + i for r, (place, _) in enumerate(rows) for i in range(place.length)]
    prefixes = [prefix for _, prefix in rows]
    return RowGroup(
        torch.tensor(tokens, device=device), torch.tensor(scatter, device=device), rows=len(rows), longest=longest,
        start=tokens[0] if tokens == list(range(tokens[0], tokens[-1] + 1)) else None,
        prefix_of_R=torch.tensor(prefixes, device=device) if prefixes[0] >= 0 else None,
    )  # fmt: skip


def pack(
    lengths: Sequence[Sequence[int]], shares: Sequence[Sequence[bool]], prefix_length: int, device: torch.device,
    *, grouped: bool = False, multiple: int = 1,
) -> tuple[Layout, list[PackedRow]]:  # fmt: skip
    """Lay out rows of whole length `lengths[slot][row]`; rows with `shares[slot][row]` leave their prefix out.

    Rows of unlike length go to groups of their own if `grouped`. The pass is padded to a `multiple` of tokens.

    A slot with sharing rows gets a prefix row of `prefix_length` tokens in front. Returns the layout and where each
    row lies, in slot order; a slot's prefix row is listed as row -1.
    """
    placed: list[PackedRow] = []
    positions: list[int] = []
    slot_scatter: list[tuple[int, int]] = []
    prefixes: list[PackedRow] = []
    spans: list[Span] = []
    alone: list[PackedRow] = []
    continued: list[tuple[PackedRow, int]] = []
    cursor, longest_slot = 0, 0
    for slot, (slot_lengths, slot_shares) in enumerate(zip(lengths, shares, strict=True)):
        offset, prefix_row = 0, -1
        prefix_span = len(spans)
        wanted = [(-1, prefix_length, 0)] if any(slot_shares) else []
        wanted += [
            (row, n - prefix_length if share else n, prefix_length if share else 0)
            for row, (n, share) in enumerate(zip(slot_lengths, slot_shares, strict=True))
        ]
        for row, length, skipped in wanted:
            place = PackedRow(slot, row, cursor, length, skipped)
            placed.append(place)
            spans.append(Span(cursor, length, prefix_span if skipped else None))
            if row == -1:
                prefix_row = len(prefixes)
                prefixes.append(place)
            elif skipped:
                continued.append((place, prefix_row))
            else:
                alone.append(place)
            positions.extend(range(skipped, skipped + length))
            slot_scatter.extend((slot, offset + i) for i in range(length))
            cursor += length
            offset += length
        longest_slot = max(longest_slot, offset)
    cut = _groups if grouped else lambda rows, device: [_group(rows, device)]
    kinds = [[(place, -1) for place in prefixes], [(place, -1) for place in alone], continued]
    groups = [group for n, kind in enumerate(kinds) if kind for group in (cut if n else _groups)(kind, device)]
    order = [token for group in groups for token in group.tokens_T.tolist()]
    padding = -cursor % multiple
    if len(lengths) == 1:
        slot_scatter.extend((0, cursor + i) for i in range(padding))
        longest_slot += padding
    layout = Layout(
        positions_T=torch.tensor(positions + [0] * padding, device=device),
        slots=Slots(
            torch.tensor([slot * longest_slot + i for slot, i in slot_scatter], device=device),
            count=len(lengths),
            longest=longest_slot,
        ),
        groups=tuple(groups),
        spans=tuple(spans),
        place_T=None if order == sorted(order) else torch.tensor(order, device=device).argsort(),
        prefix_length=prefix_length if continued else 0,
        padding=padding,
    )
    return layout, placed
