"""What the calls of `Study` return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.quiz import Quiz
from selfstudy.domain.version import Score, Version
from selfstudy.memory.answering import score


@dataclass(frozen=True)
class Learning:
    """What `learn` did: `version` is the new one, or the current one if all documents were known (`studied` empty)."""

    version: Version
    studied: tuple[str, ...]
    self_edits_written: int
    self_edits_kept: int


@dataclass(frozen=True)
class Asked:
    """One way of answering a quiz: what was said, and how much of it was right."""

    said: tuple[str, ...]
    score: Score

    @classmethod
    def of(cls, quiz: Quiz, said: Sequence[str]) -> Asked:
        return cls(tuple(said), score(quiz, said))


@dataclass(frozen=True)
class QuizResult:
    """A quiz answered by the base alone, with the document in context, with what BM25 finds, and by the version.

    What needs a version is None without one. `kept` is of the retention probe, where it was asked for.
    """

    quiz: Quiz
    closed_book: Asked
    open_book: Asked | None
    retrieval: Asked | None
    version: Asked | None
    kept: Score | None = None


@dataclass(frozen=True)
class History:
    """All versions, oldest first, and the name of the one that answers."""

    current: str | None
    versions: tuple[Version, ...]
