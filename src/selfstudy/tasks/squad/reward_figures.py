"""How far one reward can be relied on, and whether it chooses what the answer key would."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from selfstudy.domain.measured import Measured
from selfstudy.outer_loop.rewards import KEY_GAIN, AnyReward
from selfstudy.statistics.agreement import Mean, Share
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.intervals import rank_agreement
from selfstudy.statistics.regret import Choice, Regret, regret
from selfstudy.statistics.reliability import reliability

Trials = Mapping[str, Sequence[Sequence[Measured]]]
"""By passage: for each candidate what was measured under each seed."""


@dataclass(frozen=True)
class RewardFigures:
    """Of one reward: reliability of one evaluation, and of the mean over all seeds; agreement with the answer key.

    `spearman` and `top` (the share of passages in which it chooses the key's best) compare its value under the first
    seed with the key's mean under the others; `chosen` is what its choice gains there over a random one, and its
    regret. None where too few passages have this reward.
    """

    name: str
    passages: int
    one: Estimate | None
    averaged: Estimate | None
    spearman: Mean
    top: Share
    chosen: Regret | None


def figures_of(reward: AnyReward, trials: Trials) -> RewardFigures:
    """One reward over all passages in which every trial has it."""
    values: dict[str, list[list[float]]] = {}
    for passage, siblings in trials.items():
        found = [[reward(each) for each in seeds] for seeds in siblings]
        if all(each is not None for seeds in found for each in seeds):
            values[passage] = [[each.value for each in seeds if each is not None] for seeds in found]
    ranks, tops, choices = [], [], {}
    for passage, siblings_values in values.items():
        fresh = fresh_key(trials[passage])
        if fresh is None:
            continue
        first = [seeds[0] for seeds in siblings_values]
        ranks.append(rank_agreement(first, list(fresh)))
        taken = first.index(max(first))
        tops.append(fresh[taken] == max(fresh))
        choices[passage] = Choice(fresh, taken, 1.0, 1.0)
    return RewardFigures(
        reward.name, len(values), *_reliability(values),
        Mean.of([rank for rank in ranks if not math.isnan(rank)]), Share.of(tops),
        regret(choices) if len(choices) > 1 else None,
    )  # fmt: skip


def fresh_key(siblings: Sequence[Sequence[Measured]]) -> tuple[float, ...] | None:
    """Each candidate's mean gain on the answer key under all seeds but the first; None where a trial failed."""
    rest = [[each.values.get(KEY_GAIN, ()) for each in seeds[1:]] for seeds in siblings]
    if not all(found for seeds in rest for found in seeds):
        return None
    return tuple(fmean(fmean(found) for found in seeds) for seeds in rest)


def _reliability(values: Mapping[str, Sequence[Sequence[float]]]) -> tuple[Estimate | None, Estimate | None]:
    if len(values) < 2:
        return None, None
    found = reliability(values)
    num_seeds = len(next(iter(values.values()))[0])
    return found.one, found.averaged(num_seeds)
