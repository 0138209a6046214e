"""How a step is divided and cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.pieces import Piece, divide, plan


def _pieces(slots: list[list[int]]) -> list[Piece]:
    return [
        Piece(slot, slot, row, TokenRow((1,) * length, (0.0,) + (1.0,) * (length - 1)), 1.0)
        for slot, lengths in enumerate(slots)
        for row, length in enumerate(lengths)
    ]


LENGTHS = st.lists(st.lists(st.integers(2, 200), min_size=1, max_size=9), min_size=1, max_size=9)


@given(LENGTHS, st.integers(1, 4), st.integers(1, 600))
def test_a_plan_holds_every_piece_once_and_no_place_twice(
    slots: list[list[int]], lanes: int, tokens_in_flight: int
) -> None:
    pieces = _pieces(slots)
    planned = plan(pieces, lanes, tokens_in_flight)
    found = [piece for of_lane in planned.passes for each in of_lane for piece in each.pieces]
    assert sorted((p.slot, p.row) for p in found) == [(p.slot, p.row) for p in pieces]
    taken = [place for places in planned.places.values() for place in places]
    assert sorted(taken) == list(range(len(taken)))
    assert len(taken) <= len(slots) + lanes - 1
    for of_lane in planned.passes:
        seen: dict[int, list[int]] = {}
        for each in of_lane:
            for n, slot in enumerate(each.slots):
                assert each.first + n in planned.places[slot]
                seen.setdefault(each.first + n, []).append(slot)
        for place, of_place in seen.items():
            assert len(set(of_place)) == 1
            assert (place in planned.summed) == (len(of_place) > 1)


@given(LENGTHS, st.integers(2, 4))
def test_parts_are_even_or_one(slots: list[list[int]], lanes: int) -> None:
    pieces = _pieces(slots)
    parts = divide(pieces, lanes)
    sizes = [sum(len(p.tokens.ids) for p in part) for part in parts]
    assert sum(sizes) == sum(map(sum, slots))
    assert len(parts) == 1 or max(sizes) <= 0.65 * sum(sizes)


def test_slots_stay_whole_where_that_is_even() -> None:
    parts = divide(_pieces([[60], [50], [40], [30]]), 2)
    assert [sorted({p.slot for p in part}) for part in parts] == [[0, 3], [1, 2]]


def test_a_lone_slot_is_divided_by_its_rows() -> None:
    parts = divide(_pieces([[40, 40, 40, 40]]), 2)
    assert [[p.row for p in part] for part in parts] == [[0, 1], [2, 3]]


def test_a_lone_row_is_not_divided() -> None:
    assert [len(part) for part in divide(_pieces([[40]]), 2)] == [1]
    assert [len(part) for part in divide(_pieces([[180, 20]]), 2)] == [2]
