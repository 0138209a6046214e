"""The sentence of a document that holds a question's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.version import Answered


def find_sources(answered: Sequence[Answered], passages: Sequence[Passage]) -> Mapping[str, str]:
    """For each question, of the sentences with an accepted answer the one that shares most words with the question.

    Those of the question's own document come first; a question whose answer stands nowhere is left out.
    """
    found = {}
    for each in answered:
        holds = Question(each.question, each.accepted).accepts
        asked = _words(each.question)
        best = max(
            (
                (p.document == each.document, len(asked & _words(s)), s)
                for p in passages
                for s in p.sentences
                if holds(s)
            ),
            key=lambda place: place[:2],
            default=None,
        )
        if best is not None:
            found[each.question] = best[2]
    return found


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
