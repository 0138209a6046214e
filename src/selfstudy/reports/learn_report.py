"""What the page about a learning job shows: text and numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from selfstudy.domain.passage import Passage
from selfstudy.domain.trial import Standing
from selfstudy.domain.version import Score, Version


@dataclass(frozen=True)
class KnownDocument:
    """A document that the version has learned, in this job or (`inherited`) by its parent."""

    name: str
    num_passages: int
    inherited: bool = False


@dataclass(frozen=True)
class RacedEdit:
    """A candidate self-edit after its race; `why` says in plain words why it was kept or not."""

    standing: Standing
    kept: bool
    why: str


@dataclass(frozen=True)
class PassageRace:
    """A passage and its candidates, in the order in which the page shows them."""

    passage: Passage
    candidates: tuple[RacedEdit, ...]


@dataclass(frozen=True)
class LearnReport:
    """A job's version, and what the version itself does not hold.

    `versions` is the history, oldest first, and `current` the name of the one that is served. `open_book` and
    `retrieval` are of the same quiz as the version's scores. `sources` gives for a question's text the sentence of the
    document that answers it. `budgets` are the rows trained at each rung of the races. What is None, empty, or a score
    of nothing asked was not measured: the page leaves it out and says so.
    """

    version: Version
    documents: tuple[KnownDocument, ...] = ()
    versions: tuple[Version, ...] = ()
    current: str | None = None
    open_book: Score | None = None
    retrieval: Score | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    races: tuple[PassageRace, ...] = ()
    budgets: tuple[int, ...] = ()
