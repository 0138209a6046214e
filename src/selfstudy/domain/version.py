"""A published (or refused) state of the learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Score:
    """Right answers of `n`."""

    right: int
    n: int

    @property
    def accuracy(self) -> float | None:
        """None where nothing was asked."""
        return self.right / self.n if self.n else None


@dataclass(frozen=True)
class Scores:
    """What was measured of a version, as it answers a user: with its router, documents closed.

    `before` and `after` are of the quiz named by `quiz` ("user": the user's own; "self": held out by the model itself).
    `kept` is of the probe questions that the base answers right, `kept_always_on` the same without the router.
    `earlier` is of the held-out questions on earlier documents that the parent answers right, `earlier_new` of those
    that it answers wrong. `gain` is in nats a token over the base on the model's own held-out questions, its standard
    error beside it. `open_book` is the base with the document in context, `retrieval` with what BM25 finds: the same
    quiz, None where they were not measured.
    """

    quiz: str
    before: Score
    after: Score
    kept: Score
    kept_always_on: Score
    earlier: Score
    gain: float | None = None
    gain_error: float | None = None
    open_book: Score | None = None
    retrieval: Score | None = None
    earlier_new: Score = Score(0, 0)

    @property
    def earlier_before(self) -> Score:
        """The parent's answers to all held-out questions on earlier documents."""
        return Score(self.earlier.n, self.earlier.n + self.earlier_new.n)

    @property
    def earlier_after(self) -> Score:
        """This version's answers to the same questions."""
        return Score(self.earlier.right + self.earlier_new.right, self.earlier.n + self.earlier_new.n)


@dataclass(frozen=True)
class GateResult:
    """`reasons` says why a candidate was refused; empty if it was published."""

    published: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Learnt:
    """A document in a version: its name, its identity, and the key under which the notes on it are recorded.

    `source` is the file that it was read from (`Document.source`).
    """

    document: str
    identity: str
    notes: str
    source: str = ""


@dataclass(frozen=True)
class Answered:
    """One question before and after, each with whether it was accepted."""

    question: str
    accepted: tuple[str, ...]
    before: str
    after: str
    right_before: bool
    right_after: bool
    document: str | None = None


@dataclass(frozen=True)
class Version:
    """`name` counts up ("v1"); `adapter` and `router` are SHA-256 of blobs.

    `run` is the job that made it, `created` its time in UTC (ISO 8601), `settings` all that the job was told.
    """

    name: str
    parent: str | None
    base: str
    model: str
    adapter: str
    router: str
    run: str
    documents: tuple[Learnt, ...]
    scores: Scores
    gate: GateResult
    answered: tuple[Answered, ...] = ()
    seconds: float = 0.0
    train_tokens: int = 0
    steps: int = 0
    created: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
