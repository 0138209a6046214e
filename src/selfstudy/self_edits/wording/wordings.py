"""Questions made from a sentence and an answer span by rules of English grammar.

Small models word a question for a *given* answer badly (they fall into "What is the name of ..."), so the wording is
made here, several ways for each answer, and the model only judges which candidates read as English.
Every candidate asks for the span by construction: it is the sentence's own clause with the span taken out.
"""

from __future__ import annotations

import re

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.tokens import STOP, tokens_of
from selfstudy.self_edits.wording.agent import agent_questions
from selfstudy.self_edits.wording.clause import clause_of
from selfstudy.self_edits.wording.front import front
from selfstudy.self_edits.wording.in_place import in_place
from selfstudy.self_edits.wording.names import appositions, name_question
from selfstudy.self_edits.wording.referents import Referents
from selfstudy.self_edits.wording.words import GAP, LONGEST


def wordings(sentence: str, span: Span, referents: Referents) -> tuple[tuple[str, ...], ...]:
    """Groups of candidate questions for a span. A group's candidates are one form of words: the best one counts.

    The groups: active questions for a passive's agent; the question word in front; the same, cut short; the
    statement with the question word in the gap.
    """
    words = _with_gap(sentence.strip(), span)
    if words is None:
        return ()
    gap = words.index(GAP)
    groups: list[list[str]] = []
    apposition = appositions(words, gap, span)
    if apposition:
        groups.extend([question] for question in apposition)
    else:
        clause = clause_of(words, gap, referents)
        groups.extend(agent_questions(words, gap, span, clause))
        fronted = front(clause, span) if clause is not None else []
        groups.extend(fronted)
        named = name_question(words, gap, span)
        if named:
            groups.append([named])
        if gap > 2 or not fronted:
            groups.append(in_place(words, gap, span, referents))
    seen: set[str] = set()
    out = []
    for group in groups:
        fresh = tuple(q for q in dict.fromkeys(group) if q not in seen and _tells_enough(q))
        seen.update(fresh)
        if fresh:
            out.append(fresh)
    return tuple(out)


def _tells_enough(question: str) -> bool:
    """A question with no more than one word of content could be asked of anything."""
    content = [w for w in re.findall(r"[\w'-]+", question) if w.casefold() not in STOP]
    if question.split()[1:2] in (["than"], ["whose"]):
        return False
    return (
        len(content) >= 1
        and len(question.split()) >= 3
        and GAP not in question
        and len(question.split()) <= LONGEST + 4
    )


def _with_gap(sentence: str, span: Span) -> list[str] | None:
    words: list[str] = []
    for token in tokens_of(sentence):
        if span.start <= token.start < span.end:
            if GAP not in words:
                words.append(GAP)
            continue
        words.append(token.text)
    return words if GAP in words else None
