"""`selfstudy reproduce reward`: how far each reward can be relied on, whether it chooses what the answer key would,
and what the race keeps of a full evaluation's gain at what cost.

Candidates of one passage and one form are trained on equally many tokens; seeds are fresh for each evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from selfstudy.domain.measured import Measured
from selfstudy.domain.rewarded import Pace, Rewarded, Timed
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm, Candidate, Tried
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.mentions import mentions
from selfstudy.outer_loop.rewards import REWARDS
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.regret import Choice, Regret, regret
from selfstudy.tasks.squad.data import Item
from selfstudy.tasks.squad.meter import Meter
from selfstudy.tasks.squad.preset import RewardStudyTable
from selfstudy.tasks.squad.reward_figures import RewardFigures, Trials, figures_of, fresh_key
from selfstudy.tasks.squad.rounds import mean_reward, rewarded

CHOSEN_BY = "key_likelihood"
"""The race's reward, and what the other rewards are held against under seeds that they have not seen."""


@dataclass(frozen=True)
class StageRecord:
    """A stage of the study: candidates trained on `budget` tokens each and rewarded by `CHOSEN_BY`.

    In a rung of the race they are those still in it, and `accepted` those that stay in: after the last rung, the
    race's choice. In an evaluation nobody is accepted.
    """

    name: str
    rung: bool
    budget: int
    tried: tuple[Rewarded, ...]
    seconds: float
    cohorts: tuple[Timed, ...]

    @property
    def mean(self) -> Estimate:
        return mean_reward(self.tried)

    @property
    def pace(self) -> Pace:
        return Pace.of(self.cohorts)


@dataclass(frozen=True)
class StudyResult:
    """`race` compares the race's choice with that of a full evaluation of all, on seeds that neither has seen.

    `tried` are all candidates with their reward by `CHOSEN_BY` over all seeds; `accepted` is the race's choice.
    """

    passages: int
    candidates: int
    seeds: int
    rewards: tuple[RewardFigures, ...]
    race: Regret | None
    tried: tuple[Rewarded, ...]


@dataclass(frozen=True)
class RewardStudy:
    """The study on a bench that knows the passages' exams and reports its work to `meter`."""

    bench: EngineBench
    meter: Meter
    told: RewardStudyTable
    items: Sequence[Item]

    def events(self) -> Iterator[StageRecord | StudyResult]:
        """Evaluations, the race's rungs, and at the end the result."""
        passages = [item.passage for item in self.items]
        arm, num = Arm(self.told.form), self.told.samples
        written = self.bench.write(EditorState(), passages, [arm] * len(passages), num, "reward study")
        candidates = [candidate for siblings in written for candidate in siblings]
        rewards = [REWARDS[name] for name in self.told.rewards]
        wanted = frozenset(measure for reward in (*rewards, REWARDS[CHOSEN_BY]) for measure in reward.needs)
        bench = replace(self.bench, train_tokens=self.told.train_tokens)
        by_seed: list[list[Measured]] = []
        self.meter.take()
        for repeat in range(self.told.seeds):
            by_seed.append(_measured(bench, candidates, arm, wanted, repeat, "reward study"))
            yield self._stage(f"evaluation, seed {repeat + 1}", self.told.train_tokens, candidates, by_seed[-1])
        trials = list(zip(*by_seed, strict=True))
        found = {p.identity: trials[i * num : (i + 1) * num] for i, p in enumerate(passages)}
        race, chosen = yield from self._race(candidates, arm, found)
        tried = tuple(
            self._rewarded(c, t, n in chosen) for n, (c, t) in enumerate(zip(candidates, trials, strict=True))
        )
        figures = tuple(figures_of(reward, found) for reward in rewards)
        yield StudyResult(len(passages), len(candidates), self.told.seeds, figures, race, tried)

    def _race(
        self, candidates: Sequence[Candidate], arm: Arm, full: Trials
    ) -> Generator[StageRecord, None, tuple[Regret | None, set[int]]]:
        """Successive halving over token budgets; a candidate's standing is its reward over all rungs it ran, weighed by
        the tokens trained on: rungs have fresh seeds, so that their errors differ (LOG.md). A rung of 0 tokens trains
        nothing; those whose rows mention the reward's answers most go on.

        With its regret come the places of the candidates that were taken.
        """
        reward, num = REWARDS[CHOSEN_BY], self.told.samples
        alive = {p: list(range(num)) for p in full}
        first = {p: i * num for i, p in enumerate(full)}
        cost = dict.fromkeys(full, 0.0)
        earned: dict[tuple[str, int], list[tuple[float, int]]] = {}
        for rung, tokens in enumerate(self.told.race_tokens):
            last = rung + 1 == len(self.told.race_tokens)
            if not tokens:
                for p, still in alive.items():
                    quiz = tuple(q for measure in reward.needs for q in self.bench.exams[p].asked.get(measure, ()))
                    _thin(still, {i: mentions(candidates[first[p] + i].edit.rows, quiz) for i in still}, last)
                continue
            entries = [(p, i) for p in full for i in alive[p]]
            raced = [candidates[first[p] + i] for p, i in entries]
            bench = replace(self.bench, train_tokens=tokens)
            measured = _measured(bench, raced, arm, reward.needs, rung, "reward race")
            for (p, i), each in zip(entries, measured, strict=True):
                cost[p] += each.tokens
                got = reward(each)
                earned.setdefault((p, i), []).append((-math.inf if got is None else got.value, each.tokens))
            for p, still in alive.items():
                _thin(still, {i: _weighed(earned[p, i]) for i in still}, last)
            stay = {n for n, (p, i) in enumerate(entries) if i in alive[p]}
            yield self._stage(f"race, rung {rung + 1}", tokens, raced, measured, stay)
        choices = {}
        for p, siblings in full.items():
            fresh = fresh_key(siblings)
            firsts = [found.value for each in siblings if (found := reward(each[0])) is not None]
            if fresh is not None and len(firsts) == len(siblings):
                choices[p] = Choice(fresh, alive[p][0], cost[p], float(sum(each[0].tokens for each in siblings)),
                                    firsts.index(max(firsts)))  # fmt: skip
        taken = {first[p] + still[0] for p, still in alive.items()}
        return regret(choices) if len(choices) > 1 else None, taken

    def _stage(
        self,
        name: str,
        tokens: int,
        candidates: Sequence[Candidate],
        measured: Sequence[Measured],
        stay: set[int] | None = None,
    ) -> StageRecord:
        tried = tuple(
            self._rewarded(candidate, [each], stay is not None and n in stay)
            for n, (candidate, each) in enumerate(zip(candidates, measured, strict=True))
        )
        spent = self.meter.take()
        return StageRecord(name, stay is not None, tokens, tried, spent.seconds, spent.cohorts)

    def _rewarded(self, candidate: Candidate, measured: Sequence[Measured], accepted: bool) -> Rewarded:
        titles = {item.passage.identity: item.passage.title for item in self.items}
        return rewarded(Tried.of(candidate, REWARDS[CHOSEN_BY], measured), titles, accepted)


def _thin(still: list[int], standing: Mapping[int, float], last: bool) -> None:
    """Leave the better half, after the last rung the best one; of equal ones the first sampled."""
    still.sort(key=lambda i: (-standing[i], i))
    del still[1 if last else (len(still) + 1) // 2 :]


def _weighed(earned: Sequence[tuple[float, int]]) -> float:
    """The mean of rewards, each weighed by the tokens that were trained on for it; -inf where a trial failed."""
    values, tokens = zip(*earned, strict=True)
    # A failed trial has no tokens, and nothing times infinity is not a number.
    return -math.inf if -math.inf in values else fmean(values, tokens)


def _measured(
    bench: EngineBench, candidates: Sequence[Candidate], arm: Arm, wanted: frozenset[str], repeat: int, stage: str
) -> list[Measured]:
    bench.say(f"{stage}: {len(candidates)} trials")
    entries = [(candidate.edit, arm) for candidate in candidates]
    return [
        measured for cohort in bench.cohorts(EditorState(), entries, wanted, repeat, stage) for _, measured in cohort
    ]
