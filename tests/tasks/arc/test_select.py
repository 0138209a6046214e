"""Which plans teach the editor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from selfstudy.tasks.arc.outcome import Answer, PuzzleOutcome
from selfstudy.tasks.arc.select import Accepted
from selfstudy.tasks.arc.select import accept as accept_expected


def _outcome(puzzle: str, plan: str, gain: float | None, right: int = 0) -> PuzzleOutcome:
    if gain is None:
        return PuzzleOutcome(puzzle, plan, failure="plan: over budget")
    return PuzzleOutcome(puzzle, plan, (Answer(("1",), (1,), (), right, 0.5),), gain)


def accept(tried: Mapping[str, Sequence[PuzzleOutcome]], *, fewest_solved: int, most_each: int = 2) -> Accepted:
    """Where elsewhere as much is expected of a plan as it gained."""
    own = {(o.puzzle, o.plan): o.gain for outcomes in tried.values() for o in outcomes if o.gain is not None}
    return accept_expected(tried, own, fewest_solved=fewest_solved, most_each=most_each)


SOLVED = {
    "p": [_outcome("p", "a", 0.1, 1), _outcome("p", "b", 9.0), _outcome("p", "c", 0.2, 2), _outcome("p", "a", 0.1, 1)],
    "q": [_outcome("q", "a", 0.3), _outcome("q", "b", None)],
}


def test_every_plan_that_solved_its_puzzle_is_accepted_once() -> None:
    found = accept(SOLVED, fewest_solved=1)
    assert found.rule == "solved"
    assert [(each.puzzle, each.plan) for each in found.outcomes] == [("p", "a"), ("p", "c")]


def test_where_solves_lack_gains_decide() -> None:
    found = accept(SOLVED, fewest_solved=2, most_each=2)
    assert found.rule == "gain"
    # Of p: 9.0 alone is not below the mean of its siblings.
    assert [(each.puzzle, each.plan) for each in found.outcomes] == [("p", "b"), ("q", "a")]


def test_of_what_gained_the_better_half_is_accepted() -> None:
    gains = {"p": 0.4, "q": 0.01, "r": 0.02, "s": 0.3, "t": 0.2}
    tried = {puzzle: [_outcome(puzzle, "a", gain), _outcome(puzzle, "b", -0.1)] for puzzle, gain in gains.items()}
    assert [each.puzzle for each in accept(tried, fewest_solved=1).outcomes] == ["p", "s", "t"]


def test_what_lost_or_failed_teaches_nothing() -> None:
    tried = {"p": [_outcome("p", "a", -0.1), _outcome("p", "b", -0.5)], "q": [_outcome("q", "a", None)]}
    assert accept(tried, fewest_solved=1).outcomes == ()


def test_the_best_come_first_and_few_of_each() -> None:
    tried = {"p": [_outcome("p", str(n), gain) for n, gain in enumerate((0.1, 3.0, 5.0, 4.0))]}
    assert [each.plan for each in accept(tried, fewest_solved=1, most_each=2).outcomes] == ["2", "3"]


def test_what_is_expected_elsewhere_decides_between_plans_that_gained() -> None:
    tried = {"p": [_outcome("p", "a", 0.9), _outcome("p", "b", 0.3), _outcome("p", "c", -0.1)]}
    expected = {("p", "a"): -0.2, ("p", "b"): 0.2, ("p", "c"): 0.4}
    # "a" gained by luck, and "c" is good elsewhere but not here.
    assert accept_expected(tried, {**expected, ("p", "c"): 0.1}, fewest_solved=1).outcomes == (tried["p"][1],)
    # Not below the mean of what is expected of its siblings.
    assert accept_expected(tried, expected, fewest_solved=1).outcomes == (tried["p"][1],)
    assert accept_expected(tried, {**expected, ("p", "c"): 0.9}, fewest_solved=1).outcomes == ()


def test_a_plan_of_which_nothing_is_known_is_not_accepted() -> None:
    assert accept_expected({"p": [_outcome("p", "a", 0.9)]}, {}, fewest_solved=1).outcomes == ()
