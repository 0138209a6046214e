"""Grids: what is one, their text and back, and how much of a prediction is right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.tasks.arc.grid import Grid, cell_accuracy
from tests.tasks.arc.strategies import grid, grids


@given(grids(30), st.sampled_from([" ", ""]))
def test_a_text_is_read_back_as_the_same_grid(one: Grid, between: str) -> None:
    assert Grid.parse(one.text(between)) == one
    assert Grid.parse(one.text(between)).text(between) == one.text(between)
    assert Grid.from_lists([list(row) for row in one.rows]) == one


def test_the_text_is_a_line_a_row() -> None:
    assert Grid(((1, 2, 0), (3, 4, 9))).text() == "1 2 0\n3 4 9"
    assert Grid(((1, 2, 0), (3, 4, 9))).text("") == "120\n349"
    assert Grid.parse(" \n1 2 0 \r\n3 4 9\n\n") == Grid(((1, 2, 0), (3, 4, 9)))
    assert (Grid(((5,), (6,))).height, Grid(((5,), (6,))).width) == (2, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no rows; give it at least one"),
        ("1 2\n3", "row 2 has 1 cell but row 1 has 2; make them equal"),
        ("1 2\n3 4 5", "row 2 has 3 cells but row 1 has 2; make them equal"),
        ("1 2\n\n3 4", "row 2 is empty; give it at least one cell"),
        ("1 x", "row 1, cell 2 is 'x'; a colour is a whole number from 0 to 9"),
        ("1 2\n3 11", "row 2, cell 2 is '11'; a colour is a whole number from 0 to 9"),
        ("1  2", "row 1, cell 2 is ''; a colour is a whole number from 0 to 9"),
        ("12²", "row 1, cell 3 is '²'; a colour is a whole number from 0 to 9"),
        ("1٣", "row 1, cell 2 is '٣'; a colour is a whole number from 0 to 9"),
        ("\n".join("1" * 31), "it has 31 rows; a grid has 30 at most"),
        ("1" * 31, "row 1 has 31 cells; a row has 30 at most"),
    ],
)
def test_a_text_that_is_no_grid_is_refused_at_its_place(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        Grid.parse(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize("rows", [((10,),), ((-1,),), ((0.5,),), ((None,),)])
def test_rows_of_other_values_are_refused(rows: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"^row 1, cell 1 is .*; a colour is a whole number from 0 to 9$"):
        Grid(rows)


@pytest.mark.parametrize(
    ("predicted", "expected", "share"),
    [
        (grid("12", "34"), grid("12", "34"), 1.0),
        (grid("12", "30"), grid("12", "34"), 0.75),
        (grid("1"), grid("12", "34"), 0.25),
        (grid("12", "34", "56"), grid("12", "34"), 4 / 6),
        (grid("123"), grid("1", "2", "3"), 1 / 5),
        (grid("9"), grid("12", "34"), 0.0),
    ],
)
def test_cell_accuracy(predicted: Grid, expected: Grid, share: float) -> None:
    assert cell_accuracy(predicted, expected) == share


@given(grids(4), grids(4))
def test_cell_accuracy_is_one_for_equal_grids_only_and_symmetric(one: Grid, other: Grid) -> None:
    assert 0 <= cell_accuracy(one, other) <= 1
    assert (cell_accuracy(one, other) == 1) is (one == other)
    assert cell_accuracy(one, other) == cell_accuracy(other, one)
    assert (one.identity == other.identity) is (one == other)
