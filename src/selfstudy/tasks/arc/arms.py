"""The best of the fixed plans: by a full table, or by a bandit that pays for a part of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from selfstudy.outer_loop.bandit import best_arm as likeliest
from selfstudy.outer_loop.bandit import pull
from selfstudy.tasks.arc.outcome import PuzzleOutcome

Trial = Callable[[str, str], PuzzleOutcome]
"""What comes of an arm (a plan's name) on a puzzle (its id)."""


def worth(outcomes: Sequence[PuzzleOutcome]) -> tuple[float, float]:
    """Puzzles solved, then mean gain over those that have one: what arms are compared by."""
    gains = [each.gain for each in outcomes if each.gain is not None]
    return float(sum(each.solved() for each in outcomes)), sum(gains) / len(gains) if gains else float("-inf")


def best_arm(table: Mapping[str, Sequence[PuzzleOutcome]]) -> str:
    """The arm of the greatest worth; of equal ones the first."""
    return max(table, key=lambda arm: worth(table[arm]))


def bandit(arms: Sequence[str], puzzles: Sequence[str], trial: Trial, *, pulls: int, seed: int) -> tuple[str, ...]:
    """The arms pulled, `pulls` different ones a puzzle, by Thompson sampling on gain (`outer_loop.bandit.pull`); the
    best is the one with the highest posterior mean (`favourite`).

    A trial that failed counts as a gain of zero, what doing nothing gains: a plan that cannot be carried out
    must not stay attractive.
    """
    rng, known, pulled = random.Random(seed), {arm: list[float]() for arm in arms}, list[str]()
    for puzzle in puzzles:
        chosen = pull(known, {arm: len(gains) for arm, gains in known.items()}, pulls, rng)
        for arm in chosen:
            known[arm].append(_reward(trial(arm, puzzle)))
        pulled += chosen
    return tuple(pulled)


def favourite(pulled: Sequence[tuple[str, PuzzleOutcome]]) -> str:
    """The arm with the highest posterior mean gain after what was pulled."""
    known: dict[str, list[float]] = {}
    for arm, outcome in pulled:
        known.setdefault(arm, []).append(_reward(outcome))
    return likeliest(known)


def _reward(outcome: PuzzleOutcome) -> float:
    return outcome.gain if outcome.gain is not None else 0.0
