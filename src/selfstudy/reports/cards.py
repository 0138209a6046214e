"""One card a question: what was said before and after, and where the document says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from selfstudy.domain.version import Answered

KINDS = {
    "gained": "changed to right",
    "wrong": "still wrong",
    "lost": "lost",
    "right": "right both times",
}
"""In the order of the page's filter."""


@dataclass(frozen=True)
class Marked:
    """A text in three pieces: what is highlighted, and what stands before and after it."""

    head: str
    mark: str = ""
    tail: str = ""


@dataclass(frozen=True)
class Card:
    """`kind` is a key of `KINDS`."""

    asked: Answered
    kind: str
    before: Marked
    after: Marked
    source: Marked | None


def cards(answered: Sequence[Answered], sources: Mapping[str, str]) -> list[Card]:
    """The accepted answer is highlighted in the source and in answers that count as right."""
    made = []
    for asked in answered:
        source = sources.get(asked.question)
        made.append(
            Card(
                asked,
                _kind(asked),
                marked(asked.before, asked.accepted if asked.right_before else ()),
                marked(asked.after, asked.accepted if asked.right_after else ()),
                marked(source, asked.accepted) if source else None,
            )
        )
    return made


def marked(text: str, answers: Sequence[str]) -> Marked:
    """`text` with the longest of `answers` that occurs in it on word boundaries, case aside."""
    text = text.strip()
    for answer in sorted(filter(str.strip, answers), key=len, reverse=True):
        found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE)
        if found:
            return Marked(text[: found.start()], found[0], text[found.end() :])
    return Marked(text)


def _kind(asked: Answered) -> str:
    if asked.right_after:
        return "right" if asked.right_before else "gained"
    return "lost" if asked.right_before else "wrong"
