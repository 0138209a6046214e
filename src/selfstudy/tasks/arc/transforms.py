"""What an augmentation does to a grid, as values: each with a name, and undone where that is possible.

The kinds are those of the paper's tools (appendix A). Applied to the input and the output of a pair alike, each leaves
the puzzle's rule recognisable; no grid grows beyond `grid.LARGEST`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, TypeVar

from selfstudy.tasks.arc.grid import LARGEST, NUM_COLOURS, Grid, Rows

T = TypeVar("T")
Side = Literal["above", "below", "left", "right"]


class Transform(ABC):
    """A map between grids that loses nothing: two different grids never become the same one."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    def shape(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what it makes of a grid of this height and width."""
        return height, width

    def applies_to(self, *grids: Grid) -> bool:
        """Whether what it makes of each of them is small enough to be a grid."""
        return all(max(self.shape(grid.height, grid.width)) <= LARGEST for grid in grids)

    def apply(self, grid: Grid) -> Grid:
        """Raises ValueError with the transform's name where it does not apply."""
        if not self.applies_to(grid):
            height, width = self.shape(grid.height, grid.width)
            raise ValueError(f"{self.name}: the grid would have {height}×{width} cells; {LARGEST}×{LARGEST} at most")
        return Grid(self._done(grid.rows))

    def invert(self, grid: Grid) -> Grid:
        """The grid that `apply` makes this one of. Raises ValueError with the transform's name if there is none."""
        rows = self._undone(grid.rows)
        if not rows or not rows[0] or self._done(rows) != grid.rows:
            raise ValueError(f"{self.name}: it makes no such grid ({grid.height}×{grid.width}); nothing to undo")
        return Grid(rows)

    @abstractmethod
    def _done(self, rows: Rows) -> Rows: ...

    @abstractmethod
    def _undone(self, rows: Rows) -> Rows:
        """What `_done` must have been given, if it made these rows at all."""


_SYMMETRIES = {
    (False, False, False): "identity",
    (False, True, False): "flip_vertical",
    (False, False, True): "flip_horizontal",
    (False, True, True): "rotate_180",
    (True, False, False): "transpose",
    (True, False, True): "rotate_90",
    (True, True, False): "rotate_270",
    (True, True, True): "anti_transpose",
}


@dataclass(frozen=True)
class Symmetry(Transform):
    """One of the eight symmetries of the square: transposed first, then upside down, then left for right.

    Rotations are clockwise.
    """

    transposed: bool = False
    upside_down: bool = False
    mirrored: bool = False

    @property
    def name(self) -> str:
        return _SYMMETRIES[self.transposed, self.upside_down, self.mirrored]

    @property
    def inverse(self) -> Symmetry:
        # Transposing swaps the two flips that stand behind it.
        return Symmetry(True, self.mirrored, self.upside_down) if self.transposed else self

    def shape(self, height: int, width: int) -> tuple[int, int]:
        return (width, height) if self.transposed else (height, width)

    def _done(self, rows: Rows) -> Rows:
        if self.transposed:
            rows = tuple(zip(*rows, strict=True))
        if self.upside_down:
            rows = rows[::-1]
        return tuple(row[::-1] for row in rows) if self.mirrored else rows

    def _undone(self, rows: Rows) -> Rows:
        return self.inverse._done(rows)


SYMMETRIES = tuple(Symmetry(*flags) for flags in _SYMMETRIES)
IDENTITY, FLIP_VERTICAL, FLIP_HORIZONTAL, ROTATE_180, TRANSPOSE, ROTATE_90, ROTATE_270, ANTI_TRANSPOSE = SYMMETRIES


@dataclass(frozen=True)
class Translation(Transform):
    """Down and to the right; what leaves at one side comes in at the other, as in the reference code."""

    down: int
    right: int

    @property
    def name(self) -> str:
        return f"translate_{self.down}_{self.right}"

    def _done(self, rows: Rows) -> Rows:
        down, right = -self.down % len(rows), -self.right % len(rows[0])
        return tuple(row[right:] + row[:right] for row in rows[down:] + rows[:down])

    def _undone(self, rows: Rows) -> Rows:
        return Translation(-self.down, -self.right)._done(rows)


@dataclass(frozen=True)
class Recolouring(Transform):
    """Colour c becomes `colours[c]`. Raises ValueError unless each colour stands there once."""

    colours: tuple[int, ...]

    def __post_init__(self) -> None:
        if sorted(self.colours) != list(range(NUM_COLOURS)):
            raise ValueError(f"recolour: {self.colours} must hold each of the colours 0 to {NUM_COLOURS - 1} once")

    @property
    def name(self) -> str:
        return "recolour_" + "".join(map(str, self.colours))

    def _done(self, rows: Rows) -> Rows:
        return tuple(tuple(self.colours[colour] for colour in row) for row in rows)

    def _undone(self, rows: Rows) -> Rows:
        return tuple(tuple(map(self.colours.index, row)) for row in rows)


@dataclass(frozen=True)
class Enlargement(Transform):
    """Each cell becomes `down` × `right` cells: height, width, or the resolution where both are equal."""

    down: int
    right: int

    def __post_init__(self) -> None:
        _check_factors("enlarge", self.down, self.right)

    @property
    def name(self) -> str:
        return _factor_name("resolution", "height", "width", self.down, self.right)

    def shape(self, height: int, width: int) -> tuple[int, int]:
        return height * self.down, width * self.right

    def _done(self, rows: Rows) -> Rows:
        wide = (tuple(cell for cell in row for _ in range(self.right)) for row in rows)
        return tuple(row for row in wide for _ in range(self.down))

    def _undone(self, rows: Rows) -> Rows:
        return tuple(row[:: self.right] for row in rows[:: self.down])


@dataclass(frozen=True)
class Repetition(Transform):
    """The grid laid out `down` times from top to bottom and `right` times from left to right."""

    down: int
    right: int

    def __post_init__(self) -> None:
        _check_factors("repeat", self.down, self.right)

    @property
    def name(self) -> str:
        return _factor_name("repeat_both", "repeat_down", "repeat_right", self.down, self.right)

    def shape(self, height: int, width: int) -> tuple[int, int]:
        return height * self.down, width * self.right

    def _done(self, rows: Rows) -> Rows:
        return tuple(row * self.right for row in rows) * self.down

    def _undone(self, rows: Rows) -> Rows:
        return tuple(row[: len(row) // self.right] for row in rows[: len(rows) // self.down])


@dataclass(frozen=True)
class Reflection(Transform):
    """The grid with its mirror image beside it, on the side `image`; twice as high or as wide."""

    image: Side

    @property
    def name(self) -> str:
        return f"reflect_{self.image}"

    def shape(self, height: int, width: int) -> tuple[int, int]:
        return (height * 2, width) if self.image in ("above", "below") else (height, width * 2)

    def _done(self, rows: Rows) -> Rows:
        match self.image:
            case "above":
                return rows[::-1] + rows
            case "below":
                return rows + rows[::-1]
            case "left":
                return tuple(row[::-1] + row for row in rows)
            case "right":
                return tuple(row + row[::-1] for row in rows)

    def _undone(self, rows: Rows) -> Rows:
        down, right = len(rows) // 2, len(rows[0]) // 2
        match self.image:
            case "above":
                return rows[down:]
            case "below":
                return rows[:down]
            case "left":
                return tuple(row[right:] for row in rows)
            case "right":
                return tuple(row[:right] for row in rows)


@dataclass(frozen=True)
class Chain(Transform):
    """One transform after the other."""

    links: tuple[Transform, ...]

    @property
    def name(self) -> str:
        return "+".join(link.name for link in self.links) or "identity"

    def shape(self, height: int, width: int) -> tuple[int, int]:
        for link in self.links:
            height, width = link.shape(height, width)
        return height, width

    def _done(self, rows: Rows) -> Rows:
        for link in self.links:
            rows = link._done(rows)
        return rows

    def _undone(self, rows: Rows) -> Rows:
        for link in reversed(self.links):
            rows = link._undone(rows) if rows and rows[0] else ()
        return rows


@dataclass(frozen=True)
class Ordering:
    """An order for a task's examples: the one at place i is the one that stood at `order[i]`.

    Raises ValueError unless each place stands there once.
    """

    order: tuple[int, ...]

    def __post_init__(self) -> None:
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError(f"order: {self.order} must hold each of 0 to {len(self.order) - 1} once")

    @property
    def name(self) -> str:
        return "order_" + "_".join(map(str, self.order))

    def apply(self, items: tuple[T, ...]) -> tuple[T, ...]:
        """Raises ValueError for another number of items."""
        if len(items) != len(self.order):
            raise ValueError(f"{self.name}: there are {len(items)} examples, not {len(self.order)}")
        return tuple(items[place] for place in self.order)

    def invert(self, items: tuple[T, ...]) -> tuple[T, ...]:
        return Ordering(tuple(map(self.order.index, range(len(self.order))))).apply(items)


def _check_factors(kind: str, down: int, right: int) -> None:
    if not (1 <= down <= LARGEST and 1 <= right <= LARGEST):
        raise ValueError(f"{kind}: {down}×{right} must be whole numbers from 1 to {LARGEST}")


def _factor_name(both: str, vertical: str, horizontal: str, down: int, right: int) -> str:
    if down == right:
        return f"{both}_{down}"
    if right == 1:
        return f"{vertical}_{down}"
    return f"{horizontal}_{right}" if down == 1 else f"{vertical}_{down}+{horizontal}_{right}"
