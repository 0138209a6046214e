"""What an algorithm of the outer loop sees: passages, candidates, rewards, and a bench that does the work.

Algorithms know texts, numbers and these calls; how an editor is kept, what trains and what asks is the bench's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from selfstudy.domain.directives import Directives
from selfstudy.domain.measured import Measured, Reward
from selfstudy.domain.passage import Passage
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.guard import Guard
from selfstudy.self_edits.diversity import Diversity

E = TypeVar("E")
"""The editor as the bench keeps it; algorithms only hand it on."""


@dataclass(frozen=True)
class Arm:
    """A way to study: the form in which the self-edit is written, the update recipe that trains on it, by name, and the
    directives that the self-edit is given, whatever it says itself; without any it keeps its own."""

    form: str
    recipe: str = "default"
    directives: Directives = field(default_factory=Directives)

    @property
    def name(self) -> str:
        way = self.form if self.recipe == "default" else f"{self.form}+{self.recipe}"
        return f"{way} ({self.directives.text})" if self.directives else way


@dataclass(frozen=True)
class Candidate:
    """What the editor wrote for a passage: told `prompt`, it went on from `cue`. `sample` counts from 0."""

    arm: Arm
    sample: int
    prompt: str
    cue: str
    completion: str
    edit: SelfEdit


@dataclass(frozen=True)
class Tried:
    """A candidate with its reward under each seed.

    A trial that failed has no reward; `failures` are the reasons of those, `trained_tokens` what each of the others was
    trained on (tokens with a loss).
    """

    candidate: Candidate
    rewards: tuple[Reward | None, ...]
    trained_tokens: tuple[int, ...] = ()
    failures: tuple[str, ...] = ()

    @classmethod
    def of(cls, candidate: Candidate, reward: Callable[[Measured], Reward | None], trials: Sequence[Measured]) -> Tried:
        """What the candidate's `trials`, one a seed, earn by `reward`."""
        trained = tuple(each.trained_tokens for each in trials if each.failure is None)
        failures = tuple(each.failure for each in trials if each.failure is not None)
        return cls(candidate, tuple(map(reward, trials)), trained, failures)

    @property
    def value(self) -> float | None:
        """The mean over the seeds that have a reward; None if all trials failed."""
        found = [reward.value for reward in self.rewards if reward is not None]
        return sum(found) / len(found) if found else None

    @property
    def parts(self) -> tuple[float, ...]:
        """The reward of each question, averaged over seeds; empty where a seed failed or rewards have no parts."""
        if any(reward is None for reward in self.rewards):
            return ()
        columns = zip(*(reward.parts for reward in self.rewards if reward is not None), strict=True)
        return tuple(sum(column) / len(column) for column in columns)


@dataclass(frozen=True)
class Example:
    """Something for the editor to learn: the completion is trained on, prompt and cue are not."""

    prompt: str
    cue: str
    completion: str
    weight: float = 1.0

    @classmethod
    def of(cls, candidate: Candidate, weight: float = 1.0) -> Example:
        return cls(candidate.prompt, candidate.cue, candidate.completion, weight)


@dataclass(frozen=True)
class LoopSettings:
    """`samples` self-edits a passage, each tried under `seeds` seeds. `guard` keeps accepted texts apart.

    `seed` is the run's; `pulls` is how many arms a bandit tries for each passage.
    """

    samples: int = 5
    seeds: int = 3
    pulls: int = 2
    seed: int = 0
    guard: Guard | None = field(default_factory=Guard)


@dataclass(frozen=True)
class Round(Generic[E]):
    """A round's end: the editor and the arm to go on with, all that was tried, and what was accepted of it.

    `diversity` is that of the accepted completions, `sampled` that of all of them; `refused` counts those that the
    guard kept from being accepted.
    """

    editor: E
    arm: Arm
    tried: tuple[Tried, ...]
    accepted: tuple[Tried, ...]
    diversity: Diversity
    sampled: Diversity
    refused: int = 0


class Bench(Protocol[E]):
    """Writes, tries out and teaches; each call's work is recorded under `stage`, which names the round."""

    def write(
        self, editor: E, passages: Sequence[Passage], arms: Sequence[Arm], samples: int, stage: str
    ) -> list[list[Candidate]]:
        """`samples` candidates for each passage, in the arm at the passage's place."""

    def try_out(self, editor: E, candidates: Sequence[Candidate], seeds: int, stage: str) -> list[Tried]:
        """Each candidate's reward under `seeds` seeds, which siblings share."""

    def teach(self, editor: E, examples: Sequence[Example], stage: str) -> E:
        """The editor after supervised training on `examples`; as it was if there are none."""


class Algorithm(Protocol):
    """A way to learn to study."""

    @property
    def name(self) -> str: ...

    def learn(
        self,
        bench: Bench[E],
        editor: E,
        rounds: Sequence[Sequence[Passage]],
        arms: Sequence[Arm],
        settings: LoopSettings,
    ) -> Iterator[Round[E]]:
        """One round a sequence of passages, each beginning with the editor that the one before left.

        A round is done when it comes; the next begins when it is asked for.
        """
