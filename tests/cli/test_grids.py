"""Grids in the terminal: digits on colours, wrong cells marked."""

from __future__ import annotations

from selfstudy.cli.grids import drawn
from selfstudy.tasks.arc.colours import COLOURS
from tests.tasks.arc.strategies import grid


def test_cells_are_digits_on_their_colours() -> None:
    text = drawn(grid("01", "23"))
    assert text.plain == "0 1 \n2 3 "
    assert [str(span.style).split(" on ")[1] for span in text.spans] == list(COLOURS[:4])


def test_wrong_cells_are_marked_also_where_nothing_is_expected() -> None:
    assert drawn(grid("01", "23"), grid("02", "23")).plain == "0 1×\n2 3 "
    assert drawn(grid("012", "345"), grid("01")).plain == "0 1 2×\n3×4×5×"
