"""Run the leaves of a prefix tree and the segments above them, each segment once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from selfstudy.engine.attend_tree import Link
from selfstudy.engine.cache import Band, CachedLayout, KeyValues, Written
from selfstudy.engine.prefix_tree import Leaf, PrefixTree

Levels = tuple[tuple[KeyValues, Link], ...]


@dataclass(frozen=True)
class Piece:
    """Tokens that run in one pass: those of a segment or of a leaf, from position `start` on, behind `chain`.

    They are written to row `row` of level `level`'s cache; level -1 is the leaves'.
    """

    ids: tuple[int, ...]
    slot: int
    start: int
    chain: tuple[int, ...]
    level: int
    row: int


class Segments:
    """The caches of the segments above some leaves, level by level.

    Those that `before` holds already are taken over. Row 0 of a level is empty; it stands in for rows without a segment
    there.
    """

    def __init__(self, tree: PrefixTree, leaves: Sequence[Leaf], before: Segments | None = None) -> None:
        self._tree = tree
        depth = max((len(leaf.chain) for leaf in leaves), default=0)
        named = [sorted({leaf.chain[j] for leaf in leaves if len(leaf.chain) > j}) for j in range(depth)]
        self.levels = [KeyValues([0, *(len(tree.segments[s].ids) for s in segments)]) for segments in named]
        self.row_of = {s: row for segments in named for row, s in enumerate(segments, 1)}
        self._level_of = {s: level for level, segments in enumerate(named) for s in segments}
        self._done: set[int] = set()
        for segment in self.row_of:
            if before is not None and segment in before._done:
                level = self._level_of[segment]
                self.levels[level].copy_row(self.row_of[segment], before.levels[level], before.row_of[segment])
                self._done.add(segment)

    def missing(self, leaf: Leaf) -> list[int]:
        return [s for s in leaf.chain if s not in self._done]

    def piece(self, segment: int) -> Piece:
        """What fills the segment's cache; from now on it counts as done."""
        of = self._tree.segments[segment]
        self._done.add(segment)
        return Piece(of.ids, of.slot, of.start, of.chain, self._level_of[segment], self.row_of[segment])

    def links(self, chains: Sequence[tuple[int, ...]], device: torch.device) -> Levels:
        """How rows behind these chains hang on each level."""
        found = []
        for j, level in enumerate(self.levels):
            rows = [self.row_of[chain[j]] if len(chain) > j else 0 for chain in chains]
            if any(rows):
                found.append((level, link(rows, level.lengths, device)))
        return tuple(found)


def link(segment_of_R: Sequence[int], lengths: Sequence[int], device: torch.device) -> Link:
    """The link of rows to the segments `segment_of_R` of a level whose segments have `lengths`."""
    first, last = min(segment_of_R), max(segment_of_R)
    counts = [0] * (last - first + 1)
    offsets = []
    for segment in segment_of_R:
        offsets.append(counts[segment - first])
        counts[segment - first] += 1
    most = max(counts)
    places = [(s - first) * most + o for s, o in zip(segment_of_R, offsets, strict=True)]
    seen = [lengths[s] for s in segment_of_R]
    longest = max(seen)
    in_order = places == list(range(len(counts) * most))
    return Link(
        first, len(counts), longest, most,
        None if in_order else torch.tensor(places, device=device),
        torch.tensor([s - first for s in segment_of_R], device=device),
        None
        if min(seen) == longest
        else torch.arange(longest, device=device) < torch.tensor(seen, device=device)[:, None],
    )  # fmt: skip


def lay_out(
    pieces: Sequence[Piece], segments: Segments, cache: KeyValues | None, device: torch.device
) -> tuple[Tensor, CachedLayout]:
    """The ids [T] of a pass over `pieces` and its layout; the keys of leaves go to `cache` if there is one."""
    ids = [t for piece in pieces for t in piece.ids]
    starts, cursor = [], 0
    for piece in pieces:
        starts.append(cursor)
        cursor += len(piece.ids)
    written, bands = [], []
    for level in sorted({piece.level for piece in pieces}):
        to = cache if level == -1 else segments.levels[level]
        if to is not None:
            mine = [(piece, start) for piece, start in zip(pieces, starts, strict=True) if piece.level == level]
            written.append(
                Written(
                    to,
                    torch.tensor([start + i for piece, start in mine for i in range(len(piece.ids))], device=device),
                    torch.tensor([piece.row for piece, _ in mine for _ in piece.ids], device=device),
                    torch.tensor([i for piece, _ in mine for i in range(len(piece.ids))], device=device),
                )
            )
    kinds = [(piece.level, max(len(piece.ids) - 1, 15).bit_length()) for piece in pieces]
    for kind in sorted({*kinds}):
        mine = [(piece, start) for piece, start, of in zip(pieces, starts, kinds, strict=True) if of == kind]
        longest = max(len(piece.ids) for piece, _ in mine)
        tokens = [start + i for piece, start in mine for i in range(len(piece.ids))]
        places = [r * longest + i for r, (piece, _) in enumerate(mine) for i in range(len(piece.ids))]
        bands.append(
            Band(
                torch.tensor(tokens, device=device),
                None if len(places) == len(mine) * longest else torch.tensor(places, device=device),
                len(mine), longest, segments.links([piece.chain for piece, _ in mine], device),
            )
        )  # fmt: skip
    positions = [piece.start + i for piece in pieces for i in range(len(piece.ids))]
    return torch.tensor(ids, device=device), CachedLayout(torch.tensor(positions, device=device), written, bands)
