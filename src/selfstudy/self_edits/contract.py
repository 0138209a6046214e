"""What a self-edit format is, and through what formats reach a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row


@dataclass(frozen=True)
class WriteRequest:
    """One text to be written by the editor: a plain-text prompt to continue.

    `examples` stand before the prompt, equal in all requests of a format, so that an engine computes them once. A
    `teachable` request may go to an editor that was taught this format: it gets the prompt alone.
    `sentence` is what the request is about, `answer` the answer span it was made for, where it was made for one.
    `rivals` are the same prompt for other spans: what the editor writes must be likelier here than after each of them.
    `completion` is what it wrote, once it has.
    """

    prompt: str
    max_new_tokens: int = 48
    stop: str = "\n\n"
    temperature: float = 0.0
    top_p: float = 1.0
    examples: str = ""
    teachable: bool = False
    sentence: str = ""
    answer: str | None = None
    rivals: tuple[str, ...] = ()
    completion: str = ""


class Writer(Protocol):
    """The editor: writes, tells how likely it would have written something, and reads."""

    def __call__(self, requests: Sequence[WriteRequest]) -> Sequence[str]:
        """The completions, one a request, without the stop string."""

    def likelihoods(self, requests: Sequence[WriteRequest]) -> Sequence[float]:
        """For each request the log-probability of its `completion`, in nats, summed over tokens."""

    def read(self, asked: Sequence[tuple[str, str]]) -> Sequence[str]:
        """For each (context, question) what the base answers with the context open."""


Check = Literal["apart", "read"]
"""How a question that was worded for a given answer is judged: `filters.apart` or `filters.read_again`."""


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
