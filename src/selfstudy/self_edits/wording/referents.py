"""What pronouns stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.self_edits.spans import answer_spans
from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.wording.words import DETERMINERS


@dataclass(frozen=True)
class Referents:
    """What pronouns stand for: the passage's subject, and the person last named before the sentence."""

    subject: str
    person: str = ""
    inner: str = ""  # the person last named in the sentence itself, before the gap
    names: frozenset[str] = frozenset()  # words that keep their capital inside a sentence


def last_person(sentences: Sequence[str], subject: str) -> str:
    """The last name of two or more capitalised words in `sentences` that is not said to be a place."""
    for sentence in reversed(sentences):
        for span in reversed(answer_spans(sentence, subject)):
            words = span.text.split()
            before = sentence[: span.start].split()
            if (
                span.kind == "name"
                and len(words) >= 2
                and all(w[0].isupper() and w.replace("-", "").isalpha() for w in words)
                and not (before and before[-1].casefold() in ("in", "at", "near", "from"))
            ):
                return span.text
    return ""


def possessive(name: str) -> str:
    return name + ("'" if name.endswith("s") else "'s")


def lowered(words: Sequence[str], referents: Referents) -> str:
    """The first word as it stands inside a sentence: names keep their capital."""
    first = words[0]
    if first.casefold() in STOP or first.casefold() in DETERMINERS:
        return first.lower()
    named = (
        first in referents.subject
        or first in referents.names
        or not first[1:].islower()
        or (len(words) > 1 and words[1][:1].isupper())
    )
    return first if named else first.lower()
