"""Rows for a gallery: input, expected, predicted, and which cells are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from selfstudy.tasks.arc.grid import Grid, Rows
from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.puzzle import Puzzle


@dataclass(frozen=True)
class Picture:
    """One query as it was answered. `predicted` is the right attempt, else the first; None where no grid was written.

    `wrong` lists (row, cell), from 0, where `predicted` and `expected` differ, cells that only one of them has
    included.
    """

    puzzle: str
    query: int
    condition: str
    input: Rows
    expected: Rows | None
    predicted: Rows | None
    wrong: tuple[tuple[int, int], ...]
    right: int | None
    plan: str
    gain: float | None
    failure: str | None


def pictures(
    puzzles: Iterable[Puzzle], conditions: Mapping[str, Mapping[str, tuple[PuzzleOutcome, ...]]]
) -> Iterator[Picture]:
    """Each query of each puzzle under each condition's first plan."""
    for puzzle in puzzles:
        for name, outcomes in conditions.items():
            outcome = outcomes[puzzle.id][0]
            for number, query in enumerate(puzzle.test):
                answer = outcome.answers[number] if outcome.answers else None
                grids = answer.grids if answer is not None else ()
                right = answer.right if answer is not None else None
                predicted = grids[max(0, (right or 1) - 1)] if grids else None
                yield Picture(
                    puzzle.id, number, name, query.input.rows, query.output.rows if query.output else None,
                    predicted.rows if predicted is not None else None,
                    wrong_cells(predicted, query.output) if predicted is not None and query.output else (),
                    right, outcome.plan, outcome.gain, outcome.failure,
                )  # fmt: skip


def wrong_cells(predicted: Grid, expected: Grid) -> tuple[tuple[int, int], ...]:
    """Row by row; (0, 0) is the upper left cell."""
    height, width = max(predicted.height, expected.height), max(predicted.width, expected.width)
    places = ((row, cell) for row in range(height) for cell in range(width))
    return tuple(place for place in places if _cell(predicted, *place) != _cell(expected, *place))


def _cell(grid: Grid, row: int, cell: int) -> int | None:
    return grid.rows[row][cell] if row < grid.height and cell < grid.width else None
