"""Findings as numbers: solve rates with intervals, gains, comparisons, plan frequencies, failures, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from selfstudy.statistics.bootstrap import Estimate, bootstrap, ratio
from selfstudy.statistics.intervals import wilson
from selfstudy.statistics.paired import Difference, difference
from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.plan_json import parse_plan

Outcomes = Mapping[str, tuple[PuzzleOutcome, ...]]


@dataclass(frozen=True)
class Share:
    """`right` of `n` puzzles with the 95 % interval (Wilson)."""

    right: int
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class Condition:
    """What came of one way to choose plans.

    `solved` and `solved_first` count puzzles whose first plan solved them, within two attempts and at the first; a plan
    that failed solved nothing. `rate` is the share of all plans that solved their puzzle, the paper's score, puzzles
    being resampled. `gain` (nats a token) counts a failed plan as 0, as the base then answers. `failures` says how many
    plans failed, by reason. Costs are tokens through the model a plan.
    """

    num_plans: int
    solved: Share
    solved_first: Share
    rate: Estimate
    cells: float | None
    gain: Estimate
    failures: Mapping[str, int]
    tokens: float
    trained_tokens: float
    answer_tokens: float


@dataclass(frozen=True)
class Frequencies:
    """How often plans chose what: `switches` and `strategies` are shares of `num` plans; `rates` and `epochs` hold the
    lower quartile, median and upper quartile; `common` the most frequent plans with their counts."""

    num: int
    distinct: int
    switches: Mapping[str, float]
    strategies: Mapping[str, float]
    rates: tuple[float, float, float]
    epochs: tuple[float, float, float]
    common: tuple[tuple[str, int], ...]


def condition(outcomes: Outcomes) -> Condition:
    """Raises ValueError for fewer than two puzzles."""
    every = [each for found in outcomes.values() for each in found]
    cells = [each.cells for each in every if each.cells is not None]
    return Condition(
        len(every),
        _share(sum(found[0].solved() for found in outcomes.values()), len(outcomes)),
        _share(sum(found[0].solved(1) for found in outcomes.values()), len(outcomes)),
        _mean({puzzle: [float(each.solved()) for each in found] for puzzle, found in outcomes.items()}),
        sum(cells) / len(cells) if cells else None,
        _mean({puzzle: [_gain(each) for each in found] for puzzle, found in outcomes.items()}),
        dict(Counter(each.failure for each in every if each.failure is not None).most_common()),
        sum(each.tokens for each in every) / len(every),
        sum(each.trained_tokens for each in every) / len(every),
        sum(each.answer_tokens for each in every) / len(every),
    )


def compare_gains(first: Outcomes, second: Outcomes) -> Difference:
    """The first condition's mean gain a puzzle less the second's, over the same puzzles."""
    return difference({puzzle: [(_mean_gain(first[puzzle]), _mean_gain(second[puzzle]))] for puzzle in first})


def compare_solved(first: Outcomes, second: Outcomes) -> Difference:
    """The first condition's share of plans that solve a puzzle less the second's."""
    return difference({puzzle: [(_rate(first[puzzle]), _rate(second[puzzle]))] for puzzle in first})


def frequencies(outcomes: Iterable[PuzzleOutcome]) -> Frequencies | None:
    """Of the outcomes' plans; None without any."""
    texts = [each.plan for each in outcomes if each.plan]
    if not texts:
        return None
    plans = [parse_plan(text) for text in texts]
    groups = ("basic", "size", "chain", "repeat")
    return Frequencies(
        len(plans),
        len(set(texts)),
        {group: sum(getattr(plan, group) for plan in plans) / len(plans) for group in groups},
        {way: count / len(plans) for way, count in Counter(plan.trained_on for plan in plans).most_common()},
        _quartiles([plan.learning_rate for plan in plans]),
        _quartiles([float(plan.epochs) for plan in plans]),
        tuple(Counter(texts).most_common(5)),
    )


def _share(right: int, n: int) -> Share:
    return Share(right, n, *wilson(right, n))


def _mean(values: Mapping[str, Sequence[float]]) -> Estimate:
    """Mean over all values, puzzles being drawn with return."""
    parts = {puzzle: (sum(found), float(len(found))) for puzzle, found in values.items()}
    return bootstrap(parts, lambda sums: ratio(sums[:, 0], sums[:, 1]))


def _gain(outcome: PuzzleOutcome) -> float:
    return outcome.gain if outcome.gain is not None else 0.0


def _mean_gain(outcomes: Sequence[PuzzleOutcome]) -> float:
    return sum(map(_gain, outcomes)) / len(outcomes)


def _rate(outcomes: Sequence[PuzzleOutcome]) -> float:
    return sum(each.solved() for each in outcomes) / len(outcomes)


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    ranked, last = sorted(values), len(values) - 1
    return ranked[round(last / 4)], ranked[round(last / 2)], ranked[round(last * 3 / 4)]
