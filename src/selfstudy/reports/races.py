"""The candidates of races, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome
from selfstudy.reports.learn_report import PassageRace, RacedEdit


@dataclass(frozen=True)
class Line:
    """A candidate as the page shows it: its last outcome, None if it was never tried, and how far it came."""

    edit: SelfEdit
    outcome: Outcome | None
    finished: bool
    way: str
    kept: bool
    why: str

    @property
    def failure(self) -> str | None:
        return self.outcome.failure if self.outcome else None

    @property
    def value(self) -> float | None:
        return self.outcome.value if self.outcome else None

    @property
    def error(self) -> float | None:
        return self.outcome.standard_error if self.outcome else None


def num_rungs(races: Sequence[PassageRace]) -> int:
    """Of the longest way that a candidate went; in every race somebody goes all the way."""
    return max((len(c.standing.outcomes) for race in races for c in race.candidates), default=0)


def lines(candidates: Sequence[RacedEdit], rungs: int) -> list[Line]:
    """One a candidate, in the given order."""
    return [_line(candidate, rungs) for candidate in candidates]


def extent(found: Sequence[Line]) -> tuple[float, float]:
    """The least range that holds zero and every gain with its error, so that all charts can share one axis."""
    ends = [x.value + side * (x.error or 0.0) for x in found if x.value is not None for side in (-1, 1)]
    return min([0.0, *ends]), max([0.0, *ends])


def _line(candidate: RacedEdit, rungs: int) -> Line:
    outcomes = candidate.standing.outcomes
    return Line(
        candidate.standing.edit,
        outcomes[-1] if outcomes else None,
        len(outcomes) == rungs,
        _way(outcomes, rungs),
        candidate.kept,
        candidate.why,
    )


def _way(outcomes: Sequence[Outcome], rungs: int) -> str:
    if not outcomes:
        return "never tried"
    rung = f"rung {len(outcomes)} of {rungs}"
    if outcomes[-1].failure:
        return f"failed at {rung}: {outcomes[-1].failure}"
    return rung if len(outcomes) == rungs else f"dropped out after {rung}"
