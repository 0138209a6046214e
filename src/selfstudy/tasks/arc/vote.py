"""From what was predicted under several views to two attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.transforms import (
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    IDENTITY,
    ROTATE_90,
    ROTATE_180,
    ROTATE_270,
    TRANSPOSE,
    Symmetry,
)

VIEWS: tuple[Symmetry, ...] = (
    IDENTITY,
    TRANSPOSE,
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    ROTATE_90,
    ROTATE_180,
    ROTATE_270,
)
"""The geometric views under which a query is asked, the plain one first; whoever takes n of them takes the first n."""
NUM_ATTEMPTS = 2
"""Answers that count, as in ARC's own contest."""


@dataclass(frozen=True)
class Predicted:
    """What the model wrote under a view, undone; None if it was no grid. `logprob` is the mean a token (nats)."""

    view: str
    grid: Grid | None
    logprob: float


def attempts(predicted: Sequence[Predicted], most: int = NUM_ATTEMPTS) -> tuple[tuple[Grid, int], ...]:
    """The grids with most votes, and their votes; of equally many, the one that was written with most confidence."""
    votes: dict[Grid, list[float]] = {}
    for each in predicted:
        if each.grid is not None:
            votes.setdefault(each.grid, []).append(each.logprob)
    ranked = sorted(votes, key=lambda grid: (-len(votes[grid]), -_mean(votes[grid])))
    return tuple((grid, len(votes[grid])) for grid in ranked[:most])


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
