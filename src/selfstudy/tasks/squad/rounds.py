"""What a round of an outer-loop algorithm looked like, trial by trial and as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, pstdev

from selfstudy.domain.directives import Directives
from selfstudy.outer_loop.choose import by_passage
from selfstudy.outer_loop.contract import Round, Tried
from selfstudy.outer_loop.editor import EditorState
from selfstudy.self_edits.diversity import Diversity


@dataclass(frozen=True)
class TrialRecord:
    """A candidate that was tried: how it asked to be trained on, its mean reward over seeds, what it was trained on
    (tokens with a loss, a mean over seeds) and why trials of it failed. `passage` is an identity."""

    passage: str
    arm: str
    sample: int
    directives: Directives
    reward: float | None
    train_tokens: float
    failures: tuple[str, ...]

    @classmethod
    def of(cls, tried: Tried) -> TrialRecord:
        candidate, tokens = tried.candidate, tried.trained_tokens
        return cls(
            candidate.edit.passage, candidate.arm.name, candidate.sample, candidate.edit.directives, tried.value,
            round(fmean(tokens), 1) if tokens else 0.0, tried.failures,
        )  # fmt: skip


@dataclass(frozen=True)
class RoundRecord:
    """`mean`, `best` and `spread` are of the candidates' rewards: means over passages of the siblings' mean, of the
    best and of the standard deviation between siblings. `failed` counts candidates without a reward, impossible
    self-edits among them; `trials` says of each why.
    """

    algorithm: str
    round: int
    arm: str
    passages: int
    candidates: int
    failed: int
    accepted: int
    refused: int
    mean: float | None
    best: float | None
    spread: float | None
    accepted_diversity: Diversity
    sampled_diversity: Diversity
    trials: tuple[TrialRecord, ...] = ()


def record(name: str, number: int, num_passages: int, done: Round[EditorState]) -> RoundRecord:
    groups = [[t.value for t in siblings if t.value is not None] for siblings in by_passage(done.tried).values()]
    groups = [group for group in groups if group]
    return RoundRecord(
        name, number, done.arm.name, num_passages, len(done.tried), sum(t.value is None for t in done.tried),
        len(done.accepted), done.refused,
        fmean(fmean(group) for group in groups) if groups else None,
        fmean(max(group) for group in groups) if groups else None,
        fmean(pstdev(group) for group in groups) if groups else None,
        done.diversity, done.sampled, tuple(map(TrialRecord.of, done.tried)),
    )  # fmt: skip
