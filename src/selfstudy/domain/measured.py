"""What a trial measured, question by question, in every way that a reward may ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """`values` has, under each measure's name, one number a question; a measure that was not taken is not there.

    `said` are the answers to the answer key's questions, where they were asked. `trained_tokens` counts tokens with a
    loss, `tokens` all that went through the model in training, those that a teacher read included. `failure` names the
    boundary at which the trial failed: nothing was measured then, which is not the same as zero.
    """

    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    trained_tokens: int = 0
    tokens: int = 0
    steps: int = 0
    failure: str | None = None


@dataclass(frozen=True)
class Reward:
    """A reward's value, and its standard error over what it was averaged over (None where that was one thing).

    `parts` are the values of each question, in the quiz's order, so that siblings can be compared question by question.
    """

    value: float
    error: float | None = None
    parts: tuple[float, ...] = ()


def mean_and_error(values: Sequence[float]) -> Reward:
    """The mean with its standard error.

    Raises:
        ValueError: there are no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("reward: the mean of no values; measure what the reward needs")
    mean = sum(values) / n
    if n == 1:
        return Reward(mean, None, tuple(values))
    return Reward(mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n), tuple(values))
