"""What the gallery shows of an answer."""

from __future__ import annotations

from selfstudy.tasks.arc.gallery import pictures, wrong_cells
from selfstudy.tasks.arc.outcome import Answer, PuzzleOutcome
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query
from tests.tasks.arc.strategies import grid

PUZZLE = Puzzle(
    "p", (Example(grid("1"), grid("2")),), (Query(grid("1"), grid("12", "34")), Query(grid("2"), None))
)  # fmt: skip


def test_wrong_cells_are_those_that_differ_or_that_one_grid_lacks() -> None:
    assert wrong_cells(grid("12", "34"), grid("12", "35")) == ((1, 1),)
    assert wrong_cells(grid("12"), grid("1", "3")) == ((0, 1), (1, 0))
    assert wrong_cells(grid("12"), grid("12")) == ()


def test_the_right_attempt_is_shown_else_the_first() -> None:
    first = Answer(("11\n34", "12\n34"), (2, 1), (), right=2, cells=0.75)
    second = Answer((), (), ())
    solved = PuzzleOutcome("p", "plan", (first, second), 0.5)
    failed = PuzzleOutcome("p", "other", failure="plan: over budget")
    shown = list(pictures([PUZZLE], {"own": {"p": (solved,)}, "fixed": {"p": (failed,)}}))
    assert [(each.condition, each.query) for each in shown] == [("own", 0), ("own", 1), ("fixed", 0), ("fixed", 1)]
    assert (shown[0].predicted, shown[0].wrong, shown[0].right) == (((1, 2), (3, 4)), (), 2)
    assert (shown[1].predicted, shown[1].expected) == (None, None)
    assert (shown[2].predicted, shown[2].failure) == (None, "plan: over budget")


def test_cells_of_a_wrong_attempt_are_listed() -> None:
    wrong = Answer(("11\n34",), (3,), (), right=0, cells=0.75)
    other = Answer(("2",), (3,), ())
    shown = next(pictures([PUZZLE], {"own": {"p": (PuzzleOutcome("p", "", (wrong, other)),)}}))
    assert shown.wrong == ((0, 1),)
