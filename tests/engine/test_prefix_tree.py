"""The tree holds every row once, saves what it says, and keeps rows with a segment in common together."""

from __future__ import annotations

import random

import pytest

from selfstudy.engine.prefix_tree import MOST_LEVELS, WORTH, PrefixTree, prefix_tree


def _drawn(seed: int) -> tuple[list[tuple[int, ...]], list[int], list[int]]:
    """Rows that branch at random places, of two slots."""
    rng = random.Random(seed)
    heads = [tuple(rng.randrange(9) for _ in range(rng.randrange(40))) for _ in range(3)]
    rows = []
    for _ in range(30):
        head = rng.choice(heads)
        middle = tuple([rng.randrange(2)] * rng.randrange(25))
        rows.append(head[: rng.randrange(len(head) + 1)] + middle + tuple(rng.randrange(9) for _ in range(6)))
    return rows, [rng.randrange(len(row)) for row in rows], [rng.randrange(2) for _ in rows]


def _tree(rows: list[tuple[int, ...]], limits: list[int] | None = None, slots: list[int] | None = None) -> PrefixTree:
    return prefix_tree(rows, limits or [len(r) - 1 for r in rows], slots or [0] * len(rows), [0] * len(rows))


@pytest.mark.parametrize("seed", range(20))
def test_segments_and_rest_are_the_row_within_its_limit(seed: int) -> None:
    rows, limits, slots = _drawn(seed)
    tree = _tree(rows, limits, slots)
    assert sorted(leaf.row for leaf in tree.leaves) == list(range(len(rows)))
    assert [slots[leaf.row] for leaf in tree.leaves] == sorted(slots)
    for leaf in tree.leaves:
        chain = [tree.segments[s] for s in leaf.chain]
        assert len(chain) <= MOST_LEVELS
        assert leaf.start <= limits[leaf.row]
        assert tuple(t for segment in chain for t in segment.ids) == rows[leaf.row][: leaf.start]
        assert {segment.slot for segment in chain} <= {slots[leaf.row]}
        for level, segment in enumerate(chain):
            assert segment.chain == leaf.chain[:level]
            assert segment.start == sum(len(above.ids) for above in chain[:level])


@pytest.mark.parametrize("seed", range(20))
def test_leaves_of_a_segment_are_neighbours_and_save_enough(seed: int) -> None:
    tree = _tree(*_drawn(seed))
    for number, segment in enumerate(tree.segments):
        at = [i for i, leaf in enumerate(tree.leaves) if number in leaf.chain]
        assert at == list(range(at[0], at[-1] + 1))
        assert (len(at) - 1) * len(segment.ids) >= WORTH


def test_levels_nest_and_equal_rows_share_all_but_their_last_token() -> None:
    passage, sentences = tuple(range(100, 150)), [tuple(range(n, n + 20)) for n in (200, 300)]
    rows = [passage + sentence + (n,) * 3 for sentence in sentences for n in range(3)] * 2
    tree = _tree(rows)
    lengths = [[len(tree.segments[s].ids) for s in leaf.chain] for leaf in tree.leaves]
    assert lengths == [[50, 20]] * 12  # two tokens in common with one's double are not worth a segment
    assert [tree.segments[s].ids for s in (0,)] == [passage]
    (alike,) = {len(leaf.chain) for leaf in _tree([passage] * 3).leaves}
    assert alike == 1
    assert _tree([passage] * 3).segments[0].ids == passage[:-1]


def test_what_saves_too_little_is_no_segment_and_goes_to_those_below() -> None:
    head, long = (1, 2, 3), tuple(range(50, 90))
    rows = [head + (n,) + long + (m,) * 4 for n in (10, 20) for m in range(3)]
    tree = _tree(rows)
    assert [segment.ids for segment in tree.segments] == [(*head, n, *long) for n in (10, 20)]
    assert [segment.start for segment in tree.segments] == [0, 0]


def test_rows_with_less_to_do_come_first() -> None:
    rows = [tuple(range(n * 100, n * 100 + length)) for n, length in enumerate((9, 3, 6, 3))]
    tree = prefix_tree(rows, [len(r) - 1 for r in rows], [0] * 4, [1, 5, 1, 2])
    assert [leaf.row for leaf in tree.leaves] == [3, 1, 2, 0]


def test_no_rows_make_no_tree() -> None:
    assert _tree([]) == PrefixTree()
