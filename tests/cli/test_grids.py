"""Grids in the terminal: digits on colours, wrong cells marked."""

from __future__ import annotations

from rich.console import Console

from selfstudy.cli.grids import drawn, side_by_side
from selfstudy.tasks.arc.colours import COLOURS
from selfstudy.tasks.arc.grid import Grid
from tests.tasks.arc.strategies import grid


def test_cells_are_digits_on_their_colours() -> None:
    text = drawn(grid("01", "23"))
    assert text.plain == "0 1 \n2 3 "
    assert [str(span.style).split(" on ")[1] for span in text.spans] == list(COLOURS[:4])


def test_wrong_cells_are_marked_also_where_nothing_is_expected() -> None:
    assert drawn(grid("01", "23"), grid("02", "23")).plain == "0 1×\n2 3 "
    assert drawn(grid("012", "345"), grid("01")).plain == "0 1 2×\n3×4×5×"


def test_no_grid_is_cut() -> None:
    wide, console = Grid(((0,) * 29 + (7,),) * 2), Console(width=80, force_terminal=False)
    with console.capture() as capture:
        for row in side_by_side([("input", wide), ("attempt 1", grid("12")), ("attempt 2", wide)], 80, expected=wide):
            console.print(row)
    shown = capture.get()
    assert shown.count("7 ") == 4
    assert "…" not in shown
    assert "1×2×" in shown
    assert [line.split() for line in shown.splitlines() if "input" in line] == [["input", "attempt", "1"]]
