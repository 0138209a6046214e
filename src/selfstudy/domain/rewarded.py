"""Candidates and their trials after the fact, in figures alone: what was earned, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from selfstudy.domain.directives import Directives


@dataclass(frozen=True)
class Rewarded:
    """A candidate self-edit for the passage `title`, written in the way `arm`; `sample` counts from 0.

    `reward` is the mean over the seeds whose trial has one, None if all failed; `error` is its standard error over
    questions, None where there are fewer than two. `tokens` are those with a loss in one trial, a mean over trials that
    did not fail. `accepted` says that the algorithm kept it. `directives` are how it asked to be trained on, `failures`
    the reasons of the trials that failed.
    """

    passage: str
    title: str
    arm: str
    sample: int
    reward: float | None
    error: float | None
    trials: int
    failed: int
    tokens: float
    accepted: bool = False
    directives: Directives = field(default_factory=Directives)
    failures: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The different ones of its failures, in the order of seeds."""
        return tuple(dict.fromkeys(self.failures))


@dataclass(frozen=True)
class Timed:
    """A cohort: how many trials were trained and asked together, and the seconds that this took."""

    trials: int
    seconds: float


@dataclass(frozen=True)
class Pace:
    """Seconds a trial over `trials`, and the least and the most of a cohort's; None without a trial."""

    trials: int
    seconds: float | None
    least: float | None
    most: float | None

    @classmethod
    def of(cls, cohorts: Sequence[Timed]) -> Pace:
        each = [cohort.seconds / cohort.trials for cohort in cohorts if cohort.trials]
        if not each:
            return cls(0, None, None, None)
        trials = sum(cohort.trials for cohort in cohorts)
        return cls(trials, sum(cohort.seconds for cohort in cohorts) / trials, min(each), max(each))
