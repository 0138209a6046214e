"""Rounds of outer-loop algorithms as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev

from selfstudy.domain.measured import mean_and_error
from selfstudy.domain.rewarded import Pace, Rewarded, Timed
from selfstudy.outer_loop.choose import by_passage
from selfstudy.outer_loop.contract import Round, Tried
from selfstudy.outer_loop.editor import EditorState
from selfstudy.self_edits.diversity import Diversity
from selfstudy.statistics.bootstrap import Estimate
from selfstudy.tasks.squad.meter import Spent
from selfstudy.tasks.squad.table import macro_mean


@dataclass(frozen=True)
class RoundRecord:
    """What a round of an outer-loop algorithm looked like: its candidates with their rewards by `reward`, and its cost.

    `refused` counts better candidates that the guard kept from being accepted. `seconds` are of all the round's work,
    the editor's training included.
    """

    algorithm: str
    round: int
    arm: str
    reward: str
    tried: tuple[Rewarded, ...]
    refused: int
    accepted_diversity: Diversity
    sampled_diversity: Diversity
    seconds: float
    cohorts: tuple[Timed, ...]

    @property
    def mean(self) -> Estimate:
        """Over passages, of the mean of a passage's candidates."""
        return mean_reward(self.tried)

    @property
    def best(self) -> Estimate:
        """Over passages, of a passage's best candidate: higher than another look at it would find, as it was chosen."""
        return macro_mean({passage: (max(found),) for passage, found in rewards(self.tried).items()})

    @property
    def spread(self) -> float | None:
        """The standard deviation between a passage's candidates, a mean over passages."""
        groups = rewards(self.tried).values()
        return fmean(pstdev(group) for group in groups) if groups else None

    @property
    def pace(self) -> Pace:
        return Pace.of(self.cohorts)


def record(
    name: str, number: int, reward: str, done: Round[EditorState], spent: Spent, titles: Mapping[str, str]
) -> RoundRecord:
    """`titles` are by passage identity; `spent` is what the round cost."""
    kept = {(each.candidate.edit.passage, each.candidate.arm, each.candidate.sample) for each in done.accepted}
    tried = tuple(
        rewarded(each, titles, (each.candidate.edit.passage, each.candidate.arm, each.candidate.sample) in kept)
        for siblings in by_passage(done.tried).values()
        for each in siblings
    )
    return RoundRecord(
        name, number, done.arm.name, reward, tried, done.refused, done.diversity, done.sampled, spent.seconds,
        spent.cohorts,
    )  # fmt: skip


def rewarded(tried: Tried, titles: Mapping[str, str], accepted: bool = False) -> Rewarded:
    """A candidate's trials in figures; `titles` are by passage identity."""
    candidate, tokens = tried.candidate, tried.trained_tokens
    there = replace(tried, rewards=tuple(reward for reward in tried.rewards if reward is not None))
    # Questions as they are on average over seeds: seeds ask the same ones, so they add nothing to their number.
    error = mean_and_error(there.parts).error if there.parts else None
    return Rewarded(
        candidate.edit.passage, titles[candidate.edit.passage], candidate.arm.name, candidate.sample, tried.value,
        error, len(tried.rewards), len(tried.rewards) - len(there.rewards),
        round(fmean(tokens), 1) if tokens else 0.0, accepted, candidate.edit.directives, tried.failures,
    )  # fmt: skip


def rewards(tried: Sequence[Rewarded]) -> dict[str, list[float]]:
    """By passage, those of its candidates that have one; a passage without any is left out."""
    found: dict[str, list[float]] = {}
    for each in tried:
        if each.reward is not None:
            found.setdefault(each.passage, []).append(each.reward)
    return found


def mean_reward(tried: Sequence[Rewarded]) -> Estimate:
    """A mean over passages of the mean of each one's candidates."""
    return macro_mean({passage: tuple(found) for passage, found in rewards(tried).items()})
