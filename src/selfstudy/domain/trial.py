"""What a trial measured, and a candidate's standing in a race."""

from __future__ import annotations

import math
from dataclasses import dataclass

from selfstudy.domain.self_edit import SelfEdit


@dataclass(frozen=True)
class Outcome:
    """Gains in mean log-probability a token (nats) of each quiz question's answer over the base, with their cost.

    `failure` names the boundary at which the trial failed ("engine: ..."); gains are then empty. A failed trial is
    data: it has no value, never a value of zero.
    """

    gains: tuple[float, ...]
    trained_tokens: int
    steps: int
    failure: str | None = None

    @property
    def value(self) -> float | None:
        return sum(self.gains) / len(self.gains) if self.gains else None

    @property
    def standard_error(self) -> float | None:
        """Over questions; None with fewer than two."""
        n = len(self.gains)
        if n < 2:
            return None
        mean = sum(self.gains) / n
        return math.sqrt(sum((g - mean) ** 2 for g in self.gains) / (n - 1) / n)


@dataclass(frozen=True)
class Standing:
    """A candidate self-edit and its outcome at each rung it reached; the last is what counts."""

    edit: SelfEdit
    outcomes: tuple[Outcome, ...]

    @property
    def value(self) -> float:
        """The last outcome's value; -inf if that trial failed."""
        last = self.outcomes[-1].value
        return -math.inf if last is None else last
