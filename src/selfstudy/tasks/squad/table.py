"""Rows of the table: what a way of learning answers of each passage's key, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selfstudy.domain.rewarded import Pace, Timed
from selfstudy.statistics.bootstrap import Estimate, bootstrap, ratio


@dataclass(frozen=True)
class AnsweredKey:
    """One passage under one way: for each question how often it was answered right over seeds, the mean likelihood gain
    over the closed-book base (nats a token), and what was said under the first seed. Empty where every trial failed."""

    passage: str
    right: tuple[float, ...]
    gain: tuple[float, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class TableRow:
    """`train_tokens` are tokens with a loss in the inner loop, a mean over passages and seeds; `seconds` are of all the
    row's work, training of editors not counted, and `cohorts` those of its trials alone. `failed` trials have no
    outcome; they are left out, never zero."""

    name: str
    answered: tuple[AnsweredKey, ...]
    train_tokens: float
    seconds: float
    failed: int = 0
    cohorts: tuple[Timed, ...] = ()

    @property
    def num_questions(self) -> int:
        return sum(len(each.right) for each in self.answered)

    @property
    def pace(self) -> Pace:
        return Pace.of(self.cohorts)

    @property
    def accuracy(self) -> Estimate:
        """The mean over passages of the share answered right, as SEAL reports it; the interval resamples passages."""
        return macro_mean({each.passage: each.right for each in self.answered if each.right})

    @property
    def likelihood_gain(self) -> Estimate:
        return macro_mean({each.passage: each.gain for each in self.answered if each.gain})


def macro_mean(values: Mapping[str, Sequence[float]]) -> Estimate:
    """The mean over passages of each one's mean; without an interval for fewer than two passages."""
    means = {passage: sum(found) / len(found) for passage, found in values.items()}
    if len(means) < 2:
        return Estimate(next(iter(means.values()), None), None, None)
    return bootstrap({passage: (mean, 1.0) for passage, mean in means.items()}, lambda s: ratio(s[:, 0], s[:, 1]))


def over_seeds(
    passage: str, found: Sequence[tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]]
) -> AnsweredKey:
    """One passage's (right, gain, said) of each seed as one entry; seeds whose trial failed are not in `found`."""
    if not found:
        return AnsweredKey(passage, (), (), ())
    right, gain = (
        tuple(sum(column) / len(column) for column in zip(*(each[k] for each in found), strict=True)) for k in (0, 1)
    )
    return AnsweredKey(passage, right, gain, found[0][2])
