"""`selfstudy reproduce reward`: how far each reward can be relied on, whether it chooses what the answer key would,
and what the race keeps of a full evaluation's gain at what cost.

Candidates of one passage and one form are trained on equally many tokens; seeds are fresh for each evaluation.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from selfstudy.domain.measured import Measured
from selfstudy.domain.rewarded import Pace, Rewarded, Timed
from selfstudy.outer_loop.bench import EngineBench
from selfstudy.outer_loop.contract import Arm, Candidate, Tried
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.race import race
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
    ) -> Generator[StageRecord, None, tuple[Regret | None, frozenset[int]]]:
        """The race by `CHOSEN_BY`. With its regret come the places of the candidates that were taken."""
        reward = REWARDS[CHOSEN_BY]
        cost, taken = dict.fromkeys(full, 0.0), frozenset[int]()
        racing = replace(self.bench, race_rows=self.told.race_rows_per_step)

        def measure(raced: Sequence[Candidate], tokens: int, rung: int) -> list[Measured]:
            return _measured(racing.rung(tokens), raced, arm, reward.needs, rung, "reward race")

        for rung in race(candidates, self.bench.exams, reward, self.told.race_tokens, measure):
            raced, taken = [candidates[place] for place in rung.places], rung.stay
            for each, measured in zip(raced, rung.measured, strict=True):
                cost[each.edit.passage] += measured.tokens
            stay = {n for n, place in enumerate(rung.places) if place in taken}
            yield self._stage(f"race, rung {rung.number + 1}", rung.tokens, raced, rung.measured, stay)
        chosen = {candidates[place].edit.passage: candidates[place].sample for place in taken}
        choices = {}
        for p, siblings in full.items():
            fresh = fresh_key(siblings)
            firsts = [found.value for each in siblings if (found := reward(each[0])) is not None]
            if fresh is not None and len(firsts) == len(siblings):
                in_full = float(sum(each[0].tokens for each in siblings))
                choices[p] = Choice(fresh, chosen[p], cost[p], in_full, firsts.index(max(firsts)))
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


def _measured(
    bench: EngineBench, candidates: Sequence[Candidate], arm: Arm, wanted: frozenset[str], repeat: int, stage: str
) -> list[Measured]:
    bench.say(f"{stage}: {len(candidates)} trials")
    entries = [(candidate.edit, arm) for candidate in candidates]
    return [
        measured for cohort in bench.cohorts(EditorState(), entries, wanted, repeat, stage) for _, measured in cohort
    ]
