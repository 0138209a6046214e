"""Fixed plans: the best of a table, and a bandit that finds it with fewer trials."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from selfstudy.tasks.arc.arms import bandit, best_arm, favourite, worth
from selfstudy.tasks.arc.outcome import Answer, PuzzleOutcome

GAINS = {"poor": 0.1, "good": 1.0, "middling": 0.5}


def _outcome(gain: float | None, right: int = 0, puzzle: str = "p") -> PuzzleOutcome:
    failure = "plan: over budget" if gain is None else None
    return PuzzleOutcome(puzzle, "x", (Answer(("1",), (1,), (), right),) if gain is not None else (), gain, failure)


def test_solves_go_before_gains() -> None:
    table = {"gains": [_outcome(5.0), _outcome(5.0)], "solves": [_outcome(0.1, 2), _outcome(None)]}
    assert best_arm(table) == "solves"
    assert worth(table["solves"]) == (1.0, 0.1)
    assert worth([_outcome(None)])[1] == float("-inf")
    assert best_arm({"first": [_outcome(1.0)], "second": [_outcome(1.0)]}) == "first"


def test_an_arm_that_never_worked_is_not_the_best_while_another_worked() -> None:
    # Failing gains nothing, which is more than the other arm's loss.
    table = {"broken": [_outcome(None), _outcome(None)], "poor": [_outcome(-0.5), _outcome(None)]}
    assert best_arm(table) == "poor"
    pulled = [(arm, replace(each, puzzle=str(n))) for arm, found in table.items() for n, each in enumerate(found)]
    assert favourite(pulled) == "poor"
    # One that worked where the right answer is not known has no gain either.
    unknown = PuzzleOutcome("p", "x", (Answer(("1",), (1,), ()),))
    assert best_arm({"broken": [_outcome(None)], "unknown": [unknown]}) == "unknown"


def test_where_no_arm_worked_none_is_named() -> None:
    assert best_arm({"first": [_outcome(None)], "second": [_outcome(None)]}) is None
    assert favourite([("first", _outcome(None)), ("second", _outcome(None))]) is None


def test_the_bandit_tries_all_arms_and_then_mostly_the_best() -> None:
    puzzles = [str(n) for n in range(60)]
    pulled = bandit(list(GAINS), puzzles, lambda arm, puzzle: _outcome(GAINS[arm]), pulls=1, seed=3)
    assert len(pulled) == 60
    assert set(pulled[:3]) == set(GAINS)
    assert Counter(pulled[30:])["good"] > 20
    assert favourite([(arm, _outcome(GAINS[arm], puzzle=p)) for p, arm in zip(puzzles, pulled, strict=True)]) == "good"
    again = bandit(list(GAINS), puzzles, lambda arm, puzzle: _outcome(GAINS[arm]), pulls=1, seed=3)
    assert again == pulled


def test_an_arm_is_not_better_for_having_met_easy_puzzles() -> None:
    # The first is ahead of its companion on both puzzles; the third was tried on the easy one alone.
    gains = [("hard", "a", 0.3), ("hard", "b", 0.0), ("easy", "a", 5.3), ("easy", "c", 5.0), ("mid", "a", 2.2),
             ("mid", "b", 2.0)]  # fmt: skip
    assert favourite([(arm, _outcome(gain, puzzle=puzzle)) for puzzle, arm, gain in gains]) == "a"


def test_a_puzzle_gets_different_arms() -> None:
    pulled = bandit(list(GAINS), ["p", "q"], lambda arm, puzzle: _outcome(1.0), pulls=2, seed=0)
    assert len(set(pulled[:2])) == len(set(pulled[2:])) == 2


def test_arms_that_fail_are_left() -> None:
    def trial(arm: str, puzzle: str) -> PuzzleOutcome:
        return _outcome(None if arm == "broken" else 0.5)

    pulled = bandit(["broken", "whole"], [str(n) for n in range(40)], trial, pulls=1, seed=1)
    assert Counter(pulled[20:])["whole"] > 15
