"""What prompts have in common, as a tree: each common stretch is a segment that is computed once for all below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_LEVELS = 3
WORTH = 24
"""Tokens that a segment must save: each level is one more part of every attention that follows."""


@dataclass(frozen=True)
class Segment:
    """Tokens of adapter slot `slot`, of which the first stands at position `start`, behind the segments `chain`."""

    slot: int
    ids: tuple[int, ...]
    start: int
    chain: tuple[int, ...]


@dataclass(frozen=True)
class Leaf:
    """Row `row` without its first `start` tokens, which stand in the segments `chain`, one a level."""

    row: int
    start: int
    chain: tuple[int, ...]


@dataclass
class PrefixTree:
    """Leaves in the order of the tree, so that those with a segment in common follow on each other."""

    segments: list[Segment] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


def prefix_tree(
    rows: Sequence[tuple[int, ...]], limits: Sequence[int], slots: Sequence[int], effort: Sequence[int]
) -> PrefixTree:
    """The tree of `rows`, slot by slot; of row i at most `limits[i]` tokens lie in segments.

    Where the tree leaves the order open, rows with less left to do come first: tokens outside the tree, then `effort`.
    """
    tree = PrefixTree()
    for slot in sorted({*slots}):
        keyed = sorted((rows[n][: limits[n]], n) for n, of in enumerate(slots) if of == slot)
        _grow(tree, slot, keyed, rows, effort, common=0, start=0, chain=())
    return tree


Keyed = list[tuple[tuple[int, ...], int]]


def _grow(
    tree: PrefixTree,
    slot: int,
    keyed: Keyed,
    rows: Sequence[tuple[int, ...]],
    effort: Sequence[int],
    *,
    common: int,
    start: int,
    chain: tuple[int, ...],
) -> None:
    """Add the rows of `keyed`, sorted and alike in `common` tokens, behind `chain`, which holds `start` tokens."""
    if len(keyed) == 1:
        tree.leaves.append(Leaf(keyed[0][1], start, chain))
        return
    first, last = keyed[0][0], keyed[-1][0]
    shortest = min(len(first), len(last))
    common = next((i for i in range(common, shortest) if first[i] != last[i]), shortest)
    branches = _branches(keyed, common)
    if len(chain) < MOST_LEVELS and (len(branches) - 1) * (common - start) >= WORTH:
        tree.segments.append(Segment(slot, first[start:common], start, chain))
        chain, start = (*chain, len(tree.segments) - 1), common
    branches.sort(key=lambda branch: max((len(rows[n]), effort[n]) for _, n in branch))
    for branch in branches:
        _grow(tree, slot, branch, rows, effort, common=common, start=start, chain=chain)


def _branches(keyed: Keyed, common: int) -> list[Keyed]:
    """Those that go on with the same token after `common`; a key that ends there is a branch by itself."""
    branches: list[Keyed] = []
    before: int | None = None
    for key, number in keyed:
        token = key[common] if len(key) > common else None
        if token is None or token != before:
            branches.append([])
        branches[-1].append((key, number))
        before = token
    return branches
