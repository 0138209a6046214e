"""A grid of coloured cells, as text and back, and how much of a predicted one is right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from selfstudy.domain.identity import content_hash

Rows = tuple[tuple[int, ...], ...]
NUM_COLOURS = 10
LARGEST = 30
"""Rows, and cells in a row, that a grid may have."""

_COLOURS = frozenset(range(NUM_COLOURS))
_DIGITS = "0123456789"


@dataclass(frozen=True)
class Grid:
    """Rows of colours 0 to 9, all equally long, 1 to `LARGEST` of them.

    What is wrong is a ValueError that starts at the place in the grid; the caller puts the grid's name before it.
    """

    rows: Rows

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError("it has no rows; give it at least one")
        if len(self.rows) > LARGEST:
            raise ValueError(f"it has {len(self.rows)} rows; a grid has {LARGEST} at most")
        for number, row in enumerate(self.rows, start=1):
            if not row:
                raise ValueError(f"row {number} is empty; give it at least one cell")
            if len(row) > LARGEST:
                raise ValueError(f"row {number} has {_cells(row)}; a row has {LARGEST} at most")
            if len(row) != len(self.rows[0]):
                raise ValueError(f"row {number} has {_cells(row)} but row 1 has {len(self.rows[0])}; make them equal")
            if not _COLOURS.issuperset(row):
                index = next(i for i, colour in enumerate(row) if colour not in _COLOURS)
                raise ValueError(_no_colour(number, index + 1, row[index]))

    @classmethod
    def from_lists(cls, value: object) -> Grid:
        """The grid of JSON's nested lists. Raises ValueError as the class does, for a value of any shape."""
        if not isinstance(value, list):
            raise ValueError(f"{_shown(value)} is no list of rows")
        for number, row in enumerate(value, start=1):
            if not isinstance(row, list):
                raise ValueError(f"row {number} is {_shown(row)}; make it a list of colours")
            for place, cell in enumerate(row, start=1):
                if type(cell) is not int:  # True and 1.0 are equal to 1, and are no colours
                    raise ValueError(_no_colour(number, place, cell))
        return cls(tuple(map(tuple, value)))

    @classmethod
    def parse(cls, text: str) -> Grid:
        """The grid of a text that `text` wrote; white space around its lines is left out. Raises ValueError."""
        lines = [line.strip() for line in text.strip().split("\n")]
        return cls(tuple(_parsed(number, line) for number, line in enumerate(lines, start=1)) if lines != [""] else ())

    def text(self, between: str = " ") -> str:
        """A line a row, one digit a cell (paper, appendix A). `between` is a space, or "" for the shortest text."""
        return "\n".join(between.join(map(str, row)) for row in self.rows)

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @cached_property
    def identity(self) -> str:
        return content_hash("grid", self.text(""))


def cell_accuracy(predicted: Grid, expected: Grid) -> float:
    """The share of cells that agree, both grids laid with their top left corners on each other.

    A cell that only one of them has is wrong, so 1.0 means that they are equal, whatever their shapes.
    """
    pairs = zip(predicted.rows, expected.rows, strict=False)
    right = sum(p == e for one, other in pairs for p, e in zip(one, other, strict=False))
    shared = min(predicted.height, expected.height) * min(predicted.width, expected.width)
    covered = predicted.height * predicted.width + expected.height * expected.width - shared
    return right / covered


def _parsed(number: int, line: str) -> tuple[int, ...]:
    digits = line.split(" ") if " " in line else list(line)
    for place, digit in enumerate(digits, start=1):
        if len(digit) != 1 or digit not in _DIGITS:
            raise ValueError(_no_colour(number, place, digit))
    return tuple(map(int, digits))


def _no_colour(row: int, cell: int, value: object) -> str:
    return f"row {row}, cell {cell} is {_shown(value)}; a colour is a whole number from 0 to 9"


def _cells(row: tuple[int, ...]) -> str:
    return f"{len(row)} cell{'' if len(row) == 1 else 's'}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
