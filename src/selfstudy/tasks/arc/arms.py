"""The best of the fixed plans: by a full table, or by a bandit that pays for a part of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from selfstudy.outer_loop.thompson import best_arm as best
from selfstudy.outer_loop.thompson import pull
from selfstudy.tasks.arc.outcome import PuzzleOutcome

Trial = Callable[[str, str], PuzzleOutcome]
"""What comes of an arm (a plan's name) on a puzzle (its id)."""


def worth(outcomes: Sequence[PuzzleOutcome]) -> tuple[float, float]:
    """Puzzles solved, then mean gain over those that have one: what arms are compared by."""
    gains = [each.gain for each in outcomes if each.gain is not None]
    return float(sum(each.solved() for each in outcomes)), sum(gains) / len(gains) if gains else float("-inf")


def best_arm(table: Mapping[str, Sequence[PuzzleOutcome]]) -> str | None:
    """Of the arms that worked on some puzzle that of the greatest worth, of equal ones the first; None if none did."""
    worked = [arm for arm, outcomes in table.items() if any(each.failure is None for each in outcomes)]
    return max(worked, key=lambda arm: worth(table[arm])) if worked else None


def bandit(arms: Sequence[str], puzzles: Sequence[str], trial: Trial, *, pulls: int, seed: int) -> tuple[str, ...]:
    """The arms pulled, `pulls` different ones a puzzle, by Thompson sampling on gain; `favourite` says which
    of them is the best."""
    rng, known, pulled = random.Random(seed), list[tuple[str, str, float]](), list[str]()
    for puzzle in puzzles:
        chosen = pull(arms, known, Counter(pulled), pulls, rng)
        known += [(puzzle, arm, _reward(trial(arm, puzzle))) for arm in chosen]
        pulled += chosen
    return tuple(pulled)


def favourite(pulled: Sequence[tuple[str, PuzzleOutcome]]) -> str | None:
    """Of the arms that worked at some pull the one with the highest posterior mean gain, of equal ones the first
    pulled; None if none did. An arm that always failed gained as much as doing nothing, which may be more than others
    did, and is no plan to go on with."""
    arms = list(dict.fromkeys(arm for arm, _ in pulled))
    worked = {arm for arm, outcome in pulled if outcome.failure is None}
    known = [(outcome.puzzle, arm, _reward(outcome)) for arm, outcome in pulled]
    return best(arms, known, worked) if worked else None


def _reward(outcome: PuzzleOutcome) -> float:
    """A trial that failed counts as a gain of zero, what doing nothing gains: a plan that cannot be carried out must
    not stay attractive."""
    return outcome.gain if outcome.gain is not None else 0.0
