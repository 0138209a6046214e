"""Questions with the question word in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.verbs import AUXILIARIES, base_form
from selfstudy.self_edits.wording.clause import Clause
from selfstudy.self_edits.wording.question_words import question_words, without_quantifier
from selfstudy.self_edits.wording.words import DETERMINERS, GAP, LONGEST, PREPOSITIONS, small, tidy

_PLACES = frozenset("at in on near inside behind beside under above below".split())
_AFTER_COUNT = frozenset("after before away wide long deep tall high old later".split())


def front(clause: Clause, span: Span) -> list[list[str]]:
    if GAP in clause.intro:
        clause = Clause((), clause.subject, clause.verb, (*(w for w in clause.rest if w != "."), *small(clause.intro)))
    if GAP in clause.subject:
        return _subject_questions(clause, span)
    if GAP not in clause.rest:
        return []
    rest = list(clause.rest)
    at = rest.index(GAP)
    head, tail = rest[:at], rest[at + 1 :]
    if head and head[-1].casefold() in ("called", "named", "nicknamed"):
        return []
    if "," in head or "and" in head or (tail and tail[0] == "of"):
        return []  # half of a list is no answer
    tail = [] if tail and tail[0] in ("and", "or", ",") else tail
    head = without_quantifier(head)
    modifiers: list[str] = []
    if span.kind != "number":
        while (
            head
            and head[-1].casefold() not in PREPOSITIONS | DETERMINERS | STOP
            and not (head[-1].endswith("ed") and not modifiers and len(head) == 1)
        ):
            modifiers.insert(0, head.pop())
    determiner = head.pop() if head and head[-1].casefold() in DETERMINERS else ""
    if modifiers and not determiner and not (head and head[-1].casefold() in PREPOSITIONS):
        head, modifiers = head + modifiers, []
    before = head[-1].casefold() if head and head[-1].casefold() in PREPOSITIONS else determiner
    form = base_form(clause.verb)
    if clause.verb.casefold() in ("has", "have", "had") and not _participle([*head, *modifiers]):
        form = ("have", {"has": "does", "have": "do", "had": "did"}[clause.verb.casefold()])
        clause = replace(clause, verb="\x01")
    if clause.verb.casefold() == "cannot":
        clause = replace(clause, subject=(*clause.subject, "not"), verb="can")
    aux, lemma = (clause.verb.casefold(), "") if clause.verb.casefold() in AUXILIARIES else (form or ("", ""))[::-1]
    if not aux:
        return []
    asks = question_words(span, before)
    if span.kind in ("code", "name") and modifiers and determiner and all(m[0].islower() for m in modifiers):
        asks = [(f"Which {' '.join(modifiers)}", True)]
    if not head and not lemma and aux in ("is", "are", "was", "were"):
        tail = []  # "X is a GAP seen by ...": what follows belongs to the gap
    intro = [*small(clause.intro), ","] if clause.intro else []
    verb = [lemma] if lemma else []
    front: list[str] = []
    short: list[str] = []
    where: list[str] = []
    if span.kind == "phrase" and determiner and before in _PLACES:  # "at the bakery", not "in honey"
        stem = [w for w in head[:-1] if w != "only"]
        where.append(tidy(["Where", aux, *clause.subject, *verb, *stem]))
    for word, keep in asks:
        if word == "How long" and not before and head:
            continue  # "greeted the patient 52 minutes after": no duration
        stem, lead, strand, after = list(head), [word], [], list(tail)
        if stem and stem[-1] == "only":
            stem.pop()
        if before in PREPOSITIONS:
            stem.pop()
            if keep and span.kind == "number" and before != "of":
                lead = [before, word.lower()]
            elif keep:
                strand = [before]
        if span.kind == "number" and after and after[0].casefold() in _AFTER_COUNT and word.startswith("How many"):
            lead, after = [*lead, *after], []
        front.append(
            tidy([*intro, *(small(lead) if intro else lead), aux, *clause.subject, *verb, *stem, *strand, *after])
        )
        if not after or after == tail:
            short.append(tidy([*lead, aux, *clause.subject, *verb, *stem, *strand]))
    return [where, front, short] if where else [front, short]


def _participle(words: Sequence[str]) -> bool:
    later = [w for w in words if not w.endswith("ly") and w.casefold() not in ("not", "never", "also", "already")]
    if not later:
        return False
    form = base_form(later[0])
    return (form is not None and form[1] == "did") or later[0] in ("been", "become") or later[0].endswith("wn")


def _subject_questions(clause: Clause, span: Span) -> list[list[str]]:
    at = clause.subject.index(GAP)
    head = without_quantifier([w for w in clause.subject[:at] if w.casefold() != "only"])
    tail = list(clause.subject[at + 1 :])
    nouns = [w for w in head if w.casefold() not in DETERMINERS]
    if tail and (tail[0].casefold() not in PREPOSITIONS or tail[0] == "of"):
        return []
    rest = list(clause.rest[:LONGEST])
    intro = [*small(clause.intro), ","] if clause.intro else []
    if nouns and any(w.casefold() in PREPOSITIONS for w in nouns):
        if span.kind == "name" and nouns[-1].casefold() in ("at", "in", "near") and not tail:
            thing = " ".join([*small(tuple(head[:-1]))])
            plural = "are" if head[-2].endswith("s") else "is"
            return [[f"Where {plural} {thing}?"]]
        return []
    fronts, shorts = [], []
    for word, _ in question_words(span, ""):
        if nouns:
            if span.kind not in ("name", "code") or not nouns[0][0].islower():
                continue
            word = f"Which {' '.join(nouns)}"
        fronts.append(tidy([*intro, *(small([word]) if intro else [word]), *tail, clause.verb, *rest]))
        shorts.append(tidy([word, clause.verb, *_shorten(rest)]))
    return [fronts, shorts]


def _shorten(rest: list[str]) -> list[str]:
    """Without the last phrases that a preposition opens, but never less than two words."""
    for i, word in enumerate(rest):
        if i >= 2 and word.casefold() in PREPOSITIONS - {"of"}:
            return rest[:i]
    return rest
