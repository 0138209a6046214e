"""What a row, a round or a stage of a reproduction costs, counted while the bench works."""

from __future__ import annotations

from dataclasses import dataclass, field

from selfstudy.domain.rewarded import Timed
from selfstudy.outer_loop.trials import Cohort


@dataclass(frozen=True)
class Spent:
    """`seconds` of all work, and the cohorts of its trials."""

    seconds: float
    cohorts: tuple[Timed, ...]


@dataclass
class Meter:
    """Work since `take` was last called. `add` and `add_trials` are what the bench tells its work to."""

    seconds: float = 0.0
    cohorts: list[Timed] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.seconds += seconds

    def add_trials(self, found: Cohort) -> None:
        self.cohorts.append(Timed(len(found.measured), found.seconds))

    def take(self) -> Spent:
        taken = Spent(round(self.seconds, 2), tuple(self.cohorts))
        self.seconds, self.cohorts = 0.0, []
        return taken
