"""Grids as tokens: the shortest form, and that only grids can be written."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from selfstudy.tasks.arc.grid import LARGEST, Grid
from selfstudy.tasks.arc.grid_tokens import GridForm, grid_form, grid_tokens, most_answer_tokens
from tests.tasks.arc import small
from tests.tasks.arc.strategies import grid, grids


class Pairs:
    """A form whose tokenizer takes two characters at a time, as those do that join digits."""

    end_of_turn = 3

    def plain(self, text: str) -> tuple[int, ...]:
        return (9, *(10 + hash(text[place : place + 2]) % 1000 for place in range(0, len(text), 2)))


def test_digits_that_are_tokens_stand_without_spaces() -> None:
    _, form, found = small.engine()
    assert found.between == ""
    assert form.decode((*found.digits, found.line_end)) == "0123456789\n"
    assert found.end == form.end_of_turn


def test_digits_that_a_tokenizer_joins_are_kept_apart() -> None:
    found = grid_form(Pairs())  # type: ignore[arg-type]
    assert (found.between, found.digits) == (" ", ())
    assert grid_tokens(found) is None


FORM = GridForm("", end=99, digits=tuple(range(10)), line_end=10)


def _ids(shown: Grid) -> list[int]:
    return [10 if letter == "\n" else int(letter) for letter in shown.text("")]


@given(st.integers(0, 10_000))
def test_whatever_is_drawn_is_a_grid(seed: int) -> None:
    allowed, draw, ids = grid_tokens(FORM), random.Random(seed), list[int]()
    assert allowed is not None
    while True:
        assert len(ids) <= LARGEST * (LARGEST + 1)
        choices = sorted(allowed(ids))
        # Digits and line ends more often than their number says, so that large grids come up.
        chosen = draw.choice([10] * 10 * (10 in choices) + choices)
        if chosen == 99:
            break
        ids.append(chosen)
    text = "".join("\n" if index == 10 else str(index) for index in ids)
    assert Grid.parse(text).text("") == text


@given(grids(most=30))
def test_every_grid_can_be_written(shown: Grid) -> None:
    allowed, ids = grid_tokens(FORM), _ids(shown)
    assert allowed is not None
    for place, index in enumerate(ids):
        assert index in allowed(ids[:place])
    assert 99 in allowed(ids)


def test_the_second_row_is_as_long_as_the_first() -> None:
    allowed = grid_tokens(FORM)
    assert allowed is not None
    assert set(allowed([1, 2, 10, 3])) == set(range(10))
    assert set(allowed([1, 2, 10, 3, 4])) == {10, 99}
    assert 99 not in allowed([])


def test_an_answer_may_be_twice_the_largest_grid() -> None:
    assert most_answer_tokens(FORM, [grid("12", "34"), grid("1")]) == 2 * 6 + 1
    assert most_answer_tokens(FORM, [Grid(((1,) * 30,) * 30)]) == 30 * 31 + 1
    assert most_answer_tokens(GridForm(" ", 0), [grid("12", "34")]) == 2 * 2 * 6 + 1
