"""`selfstudy reproduce reward`: how far each reward can be relied on, whether it chooses what the answer key would,
and what the race keeps of a full evaluation's gain at what cost.

Candidates of one passage and one form are trained on equally many tokens; seeds are fresh for each evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from selfstudy.domain.measured import Measured
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm, Candidate
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.rewards import KEY_GAIN, REWARDS, AnyReward
from selfstudy.statistics.agreement import Mean, Share
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.intervals import rank_agreement
from selfstudy.statistics.regret import Choice, Regret, regret
from selfstudy.statistics.reliability import reliability
from selfstudy.tasks.squad.data import Item
from selfstudy.tasks.squad.preset import RewardStudyTable

CHOSEN_BY = "key_likelihood"
"""The race's reward, and what the other rewards are held against under seeds that they have not seen."""


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


@dataclass(frozen=True)
class StudyResult:
    """`race` compares the race's choice with that of a full evaluation of all, on seeds that neither has seen."""

    passages: int
    candidates: int
    seeds: int
    rewards: tuple[RewardFigures, ...]
    race: Regret | None


Trials = Mapping[str, Sequence[Sequence[Measured]]]
"""By passage: for each candidate what was measured under each seed."""


@dataclass(frozen=True)
class RewardStudy:
    """The study on a bench that knows the passages' exams."""

    bench: EngineBench
    told: RewardStudyTable
    items: Sequence[Item]

    def result(self) -> StudyResult:
        arm = Arm(self.told.form)
        passages = [item.passage for item in self.items]
        written = self.bench.write(EditorState(), passages, [arm] * len(passages), self.told.samples, "reward study")
        candidates = [candidate for siblings in written for candidate in siblings]
        wanted = frozenset(measure for reward in REWARDS.values() for measure in reward.needs)
        bench = replace(self.bench, train_tokens=self.told.train_tokens)
        found: dict[str, list[list[Measured]]] = {}
        for repeat in range(self.told.seeds):
            measured = _measured(bench, candidates, arm, wanted, repeat, "reward study")
            for place, each in enumerate(measured):
                siblings = found.setdefault(candidates[place].edit.passage, [])
                if repeat == 0:
                    siblings.append([])
                siblings[place % self.told.samples].append(each)
        figures = tuple(figures_of(reward, found) for reward in REWARDS.values())
        race = self._race(candidates, arm, found)
        return StudyResult(len(passages), len(candidates), self.told.seeds, figures, race)

    def _race(self, candidates: Sequence[Candidate], arm: Arm, full: Trials) -> Regret | None:
        """Successive halving over token budgets; the last rung is the full budget under the first seed."""
        reward = REWARDS[CHOSEN_BY]
        alive = {p: list(range(self.told.samples)) for p in full}
        by_place = {p: candidates[i * self.told.samples : (i + 1) * self.told.samples] for i, p in enumerate(full)}
        cost = dict.fromkeys(full, 0.0)
        for rung, tokens in enumerate((*self.told.race_tokens, self.told.train_tokens)):
            last = rung == len(self.told.race_tokens)
            entries = [(p, i) for p in full for i in alive[p]]
            if last:
                measured = [full[p][i][0] for p, i in entries]
            else:
                bench = replace(self.bench, train_tokens=tokens)
                raced = [by_place[p][i] for p, i in entries]
                measured = _measured(bench, raced, arm, reward.needs, rung, "reward race")
            values = {}
            for (p, i), each in zip(entries, measured, strict=True):
                cost[p] += each.tokens
                got = reward(each)
                values[p, i] = -math.inf if got is None else got.value
            for p, still in alive.items():
                still.sort(key=lambda i, p=p: -values[p, i])  # type: ignore[misc]
                del still[1 if last else max(1, (len(still) + 1) // 2) :]
        choices = {}
        for p, siblings in full.items():
            fresh = fresh_key(siblings)
            first = [reward(each[0]) for each in siblings]
            if fresh is not None and all(each is not None for each in first):
                firsts = [each.value for each in first if each is not None]
                choices[p] = Choice(fresh, alive[p][0], cost[p], float(sum(each[0].tokens for each in siblings)),
                                    firsts.index(max(firsts)))  # fmt: skip
        return regret(choices) if len(choices) > 1 else None


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


def _measured(
    bench: EngineBench, candidates: Sequence[Candidate], arm: Arm, wanted: frozenset[str], repeat: int, stage: str
) -> list[Measured]:
    bench.say(f"{stage}: {len(candidates)} trials")
    entries = [(candidate.edit, arm) for candidate in candidates]
    return [
        measured for cohort in bench.cohorts(EditorState(), entries, wanted, repeat, stage) for _, measured in cohort
    ]
