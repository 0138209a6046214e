"""Coloured grids for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from selfstudy.tasks.arc.colours import COLOURS

if TYPE_CHECKING:
    from selfstudy.tasks.arc.grid import Grid

_DARK_TEXT = frozenset((4, 5, 7, 8))
_GAP = 3  # characters between grids
WRONG = "×"
"""Stands behind the digit of a cell that is wrong."""


def side_by_side(grids: Sequence[tuple[str, Grid]], width: int, *, expected: Grid | None = None) -> Iterator[Table]:
    """Grids under their titles, as many next to each other as `width` characters hold; no grid is cut.

    Wrong cells are marked in all but those titled "input".
    """
    row: list[tuple[str, Grid]] = []
    for each in grids:
        if row and sum(map(_width, [*row, each])) > width:
            yield _row(row, expected)
            row = []
        row.append(each)
    if row:
        yield _row(row, expected)


def _width(titled: tuple[str, Grid]) -> int:
    title, grid = titled
    return max(len(title), 2 * grid.width) + _GAP


def _row(grids: Sequence[tuple[str, Grid]], expected: Grid | None) -> Table:
    table = Table(box=None, padding=(0, _GAP, 1, 0), pad_edge=False)
    for title, grid in grids:
        table.add_column(title, no_wrap=True, min_width=2 * grid.width)
    table.add_row(*(drawn(grid, None if title == "input" else expected) for title, grid in grids))
    return table


def drawn(grid: Grid, expected: Grid | None = None) -> Text:
    """Two characters a cell: the digit on its colour, and `WRONG` where `expected` has another one.

    The digits are there for terminals without colours.
    """
    text = Text(no_wrap=True)
    others = expected.rows if expected is not None else ()
    for number, (row, other) in enumerate(zip_longest(grid.rows, others, fillvalue=())):
        if number >= grid.height:
            break
        text.append("\n" if number else "")
        for place, cell in enumerate(row):
            wrong = expected is not None and (place >= len(other) or other[place] != cell)
            style = f"{'black' if cell in _DARK_TEXT else 'white'} on {COLOURS[cell]}"
            text.append(f"{cell}{WRONG if wrong else ' '}", style)
    return text
