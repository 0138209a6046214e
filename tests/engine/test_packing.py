"""Packing: what goes in comes out, rows share what they may and nothing else."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.engine.packing import pack, shared_prefix

CPU = torch.device("cpu")
_IDS = st.lists(st.integers(0, 3), min_size=1, max_size=12).map(tuple)


@st.composite
def slots_of_rows(draw: st.DrawFn) -> tuple[list[list[int]], list[list[bool]], int]:
    """Lengths and sharing flags a slot, and a prefix length; rows that share are longer than the prefix."""
    prefix = draw(st.integers(0, 5))
    lengths: list[list[int]] = []
    shares: list[list[bool]] = []
    for _ in range(draw(st.integers(1, 4))):
        rows = draw(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=4))
        shares.append([share and prefix > 0 for _, share in rows])
        lengths.append([n + prefix if share else n for (n, _), share in zip(rows, shares[-1], strict=True)])
    return lengths, shares, prefix


@given(slots_of_rows(), st.booleans())
def test_unpack_and_repack_give_back_every_token(
    case: tuple[list[list[int]], list[list[bool]], int], grouped: bool
) -> None:
    lengths, shares, prefix = case
    layout, placed = pack(lengths, shares, prefix, CPU, grouped=grouped)
    total = sum(p.length for p in placed)
    packed_TND = torch.arange(1, total * 6 + 1).view(total, 2, 3)
    restored = torch.zeros_like(packed_TND)
    seen: list[int] = []
    for group in layout.groups:
        rows_RNLD = group.unpack(packed_TND)
        assert rows_RNLD.shape == (group.rows, 2, group.longest, 3)
        assert int((rows_RNLD != 0).sum()) == 6 * len(group.tokens_T)  # and zeros everywhere else
        restored[group.tokens_T] = group.repack(rows_RNLD)
        seen += group.tokens_T.tolist()
    assert torch.equal(restored, packed_TND)
    assert sorted(seen) == list(range(total))
    joined = torch.cat([group.repack(group.unpack(packed_TND)) for group in layout.groups])
    assert torch.equal(joined if layout.place_T is None else joined[layout.place_T], packed_TND)


@given(slots_of_rows())
def test_each_row_lies_where_it_is_said_to(case: tuple[list[list[int]], list[list[bool]], int]) -> None:
    lengths, shares, prefix = case
    layout, placed = pack(lengths, shares, prefix, CPU)
    assert [(p.slot, p.row) for p in placed if p.row >= 0] == [
        (s, r) for s, ns in enumerate(lengths) for r in range(len(ns))
    ]
    cursor = 0
    for place in placed:
        assert place.start == cursor
        cursor += place.length
        if place.row == -1:
            assert (place.length, place.skipped) == (prefix, 0)
        else:
            shared = shares[place.slot][place.row]
            assert place.skipped == (prefix if shared else 0)
            assert place.skipped + place.length == lengths[place.slot][place.row]
        positions = layout.positions_T[place.start : place.start + place.length].tolist()
        assert positions == list(range(place.skipped, place.skipped + place.length))
        slots = layout.slots.scatter_T[place.start : place.start + place.length] // layout.slots.longest
        assert set(slots.tolist()) == {place.slot}
    assert len(set(layout.slots.scatter_T.tolist())) == cursor
    assert layout.slots.count == len(lengths)


@given(slots_of_rows(), st.integers(1, 9))
def test_padding_is_behind_all_rows(case: tuple[list[list[int]], list[list[bool]], int], multiple: int) -> None:
    plain, placed = pack(*case, CPU)
    padded, same = pack(*case, CPU, multiple=multiple)
    total = plain.positions_T.numel()
    assert same == placed
    assert padded.positions_T.numel() == total + padded.padding
    assert (total + padded.padding) % multiple == 0
    assert 0 <= padded.padding < multiple
    assert [g.tokens_T.tolist() for g in padded.groups] == [g.tokens_T.tolist() for g in plain.groups]
    # A lone slot has all places, so that its products have few shapes too; of several none has the padding.
    assert sum(padded.slots.sizes) == total + (padded.padding if padded.slots.single else 0)
    assert padded.slots.sizes[:-1] == plain.slots.sizes[:-1]


@given(slots_of_rows(), st.booleans())
def test_a_continued_row_sees_its_own_slots_prefix(
    case: tuple[list[list[int]], list[list[bool]], int], grouped: bool
) -> None:
    lengths, shares, prefix = case
    layout, placed = pack(lengths, shares, prefix, CPU, grouped=grouped)
    slot_of = {place.start + i: place.slot for place in placed for i in range(place.length)}
    prefixes = [p for p in placed if p.row == -1]
    continued = {p.start: p for p in placed if p.skipped}
    assert len(prefixes) == sum(any(flags) for flags in shares)
    assert layout.prefix_length == (prefix if continued else 0)
    if continued:
        first = layout.groups[0]
        assert (first.rows, first.longest, first.prefix_of_R) == (len(prefixes), prefix, None)
        owners = [slot_of[token] for token in first.tokens_T.view(first.rows, prefix)[:, 0].tolist()]
    found = {}
    for group in layout.groups:
        starts = group.tokens_T[group.scatter_T % group.longest == 0].tolist()
        if group.prefix_of_R is None:
            assert not {*starts} & {*continued}
        else:
            found |= dict(zip(starts, group.prefix_of_R.tolist(), strict=True))
    assert {*found} == {*continued}
    for start, before in found.items():
        assert owners[before] == continued[start].slot


def test_rows_of_unlike_length_are_not_padded_to_the_longest() -> None:
    layout, _ = pack([[400, 30, 32], [31], [390]], [[False] * 3, [False], [False]], 0, CPU, grouped=True)
    assert [(group.rows, group.longest) for group in layout.groups] == [(2, 400), (3, 32)]


@given(st.lists(st.tuples(_IDS, st.integers(0, 12)), max_size=6), st.integers(1, 5))
def test_shared_prefix_is_a_beginning_of_two_rows_and_keeps_the_limits(
    rows: list[tuple[tuple[int, ...], int]], least: int
) -> None:
    limits = [min(limit, len(row)) for row, limit in rows]
    prefix = shared_prefix([row for row, _ in rows], limits, least)
    sharing = [i for i, (row, _) in enumerate(rows) if prefix and limits[i] >= least and row[:least] == prefix[:least]]
    if not prefix:
        heads = [row[:least] for (row, _), limit in zip(rows, limits, strict=True) if limit >= least]
        assert len(heads) == len(set(heads))
        return
    assert len(prefix) >= least
    assert len(sharing) >= 2
    for i in sharing:
        assert rows[i][0][: len(prefix)] == prefix
        assert limits[i] >= len(prefix)
    # No longer one would do: a sharing row ends there, or two of them part.
    longer = {rows[i][0][: len(prefix) + 1] for i in sharing}
    assert len(longer) > 1 or any(limits[i] == len(prefix) for i in sharing)


@given(_IDS.filter(lambda row: len(row) >= 4), st.lists(_IDS, min_size=2, max_size=5))
def test_a_common_head_is_found(head: tuple[int, ...], tails: list[tuple[int, ...]]) -> None:
    rows = [head + tail for tail in tails]
    found = shared_prefix(rows, [len(head)] * len(rows))
    assert found == head


def test_a_head_of_the_majority_is_taken_and_the_stranger_left_out() -> None:
    head = (1, 2, 3, 4, 5)
    rows = [(*head, 6), (9, 9, 9, 9, 9, 9), (*head, 7, 8)]
    assert shared_prefix(rows, [5, 5, 6]) == head
    assert shared_prefix(rows, [5, 5, 4]) == head[:4]
    assert shared_prefix(rows, [5, 5, 3]) == ()
    assert shared_prefix([], []) == ()
