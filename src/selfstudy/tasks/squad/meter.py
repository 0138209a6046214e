"""What a row, a round or a stage of a reproduction costs, counted while the bench works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from selfstudy.domain.measured import Measured
from selfstudy.domain.rewarded import Timed
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.contract import Arm
from selfstudy.outer_loop.trials import Cohort

Entry = tuple[SelfEdit, Arm]
Key = tuple[str, Arm]


@dataclass(frozen=True)
class Spent:
    """`seconds` of all work, the cohorts of its trials, and what a self-edit's trials measured in a way to study."""

    seconds: float
    cohorts: tuple[Timed, ...]
    measured: Mapping[Key, tuple[Measured, ...]]

    def tokens(self, edit: SelfEdit, arm: Arm) -> float:
        """Tokens with a loss in a trial of `edit`, a mean over its trials that did not fail; 0 without any."""
        found = [m.trained_tokens for m in self.measured.get((edit.identity, arm), ()) if m.failure is None]
        return round(sum(found) / len(found), 1) if found else 0.0


@dataclass
class Meter:
    """Work since `take` was last called. `add` and `add_trials` are what the bench tells its work to."""

    seconds: float = 0.0
    cohorts: list[Timed] = field(default_factory=list)
    measured: dict[Key, list[Measured]] = field(default_factory=dict)

    def add(self, seconds: float) -> None:
        self.seconds += seconds

    def add_trials(self, entries: Sequence[Entry], found: Cohort) -> None:
        self.cohorts.append(Timed(len(entries), found.seconds))
        for (edit, arm), measured in zip(entries, found.measured, strict=True):
            self.measured.setdefault((edit.identity, arm), []).append(measured)

    def take(self) -> Spent:
        measured = {key: tuple(found) for key, found in self.measured.items()}
        taken = Spent(round(self.seconds, 2), tuple(self.cohorts), measured)
        self.seconds, self.cohorts, self.measured = 0.0, [], {}
        return taken
