"""The best of the fixed plans: by a full table, or by a bandit that pays for a part of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

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
    """The arms pulled, `pulls` different ones a puzzle, by Thompson sampling on gain (Thompson 1933); the best is the
    one with the highest posterior mean (`favourite`).

    Each arm's mean gain has a normal posterior: one observation of the overall mean as prior, the spread of all gains
    as noise. A trial that failed counts as a gain of zero, what doing nothing gains: a plan that cannot be carried out
    must not stay attractive.
    """
    rng, known, pulled = random.Random(seed), {arm: list[float]() for arm in arms}, list[str]()
    for puzzle in puzzles:
        middle, spread = _overall(known)
        drawn = {
            arm: rng.gauss((sum(gains) + middle) / (len(gains) + 1), spread / (len(gains) + 1) ** 0.5)
            for arm, gains in known.items()
        }
        chosen = sorted(arms, key=lambda arm: (len(known[arm]) > 0, -drawn[arm]))[:pulls]
        for arm in chosen:
            known[arm].append(_reward(trial(arm, puzzle)))
        pulled += chosen
    return tuple(pulled)


def favourite(pulled: Sequence[tuple[str, PuzzleOutcome]]) -> str:
    """The arm with the highest posterior mean gain after what was pulled."""
    known: dict[str, list[float]] = {}
    for arm, outcome in pulled:
        known.setdefault(arm, []).append(_reward(outcome))
    middle, _ = _overall(known)
    return max(known, key=lambda arm: (sum(known[arm]) + middle) / (len(known[arm]) + 1))


def _reward(outcome: PuzzleOutcome) -> float:
    return outcome.gain if outcome.gain is not None else 0.0


def _overall(known: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """Mean and standard deviation of all gains; 0 and 1 as long as too few are known."""
    every = [gain for gains in known.values() for gain in gains]
    mean = sum(every) / len(every) if every else 0.0
    spread = (sum((gain - mean) ** 2 for gain in every) / max(1, len(every) - 1)) ** 0.5
    return mean, spread or 1.0
