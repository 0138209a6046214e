"""What a self-edit format is, and the two callables through which formats reach a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


@dataclass(frozen=True)
class WriteRequest:
    """One text to be written by the editor: a plain-text prompt to continue.

    Requests of a format begin with the same long few-shot prefix, so that an engine computes it once.
    `sentence` is what the request is about, `answer` the answer span it was made for, where it was made for one.
    `rivals` are other spans that stand in the prompt's last line as well as `answer` does: what the editor writes must
    be likelier after `answer` than after each of them. `completion` is what it wrote, once it has.
    """

    prompt: str
    max_new_tokens: int = 48
    stop: str = "\n\n"
    temperature: float = 0.0
    top_p: float = 1.0
    sentence: str = ""
    answer: str | None = None
    rivals: tuple[str, ...] = ()
    completion: str = ""


Writer = Callable[[Sequence[WriteRequest]], Sequence[str]]
"""The editor's completions, one a request, without the stop string."""

Scorer = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""For each (prompt, continuation): the *mean* log-probability of the continuation's tokens given the prompt."""


@dataclass(frozen=True)
class Choice:
    """Several wordings of one question, of which the scorer picks one.

    `frames` are endings that name the passage's subject, for questions that do not name it themselves.
    `fact` counts the passage's facts, the most telling first; `form` is the grammatical form of the wording.
    """

    candidates: tuple[str, ...]
    answer: str
    frames: tuple[str, ...]
    fact: int
    form: int


class Format(Protocol):
    """A way of writing notes. What a format has no use for, it returns empty."""

    @property
    def name(self) -> str: ...

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        """What the editor is asked to write."""

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        """The rows that one completion holds; unreadable text gives none."""

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        """Wordings made by rule, among which the scorer picks; `samples` wordings a fact."""

    def given(self, passage: Passage) -> tuple[Row, ...]:
        """Rows that need no model."""


class WithoutEditor:
    """What a format inherits whose rows are all given: it asks neither editor nor scorer for anything."""

    def requests(self, passage: Passage, samples: int) -> tuple[WriteRequest, ...]:
        return ()

    def rows(self, passage: Passage, request: WriteRequest, completion: str) -> tuple[Row, ...]:
        return ()

    def choices(self, passage: Passage, samples: int) -> tuple[Choice, ...]:
        return ()
