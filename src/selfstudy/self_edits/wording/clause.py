"""The clause around the gap and its parts: intro, subject, verb, rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfstudy.self_edits.tokens import STOP
from selfstudy.self_edits.verbs import AUXILIARIES, base_form
from selfstudy.self_edits.wording.boundaries import end_of, start_of
from selfstudy.self_edits.wording.referents import Referents, lowered, possessive
from selfstudy.self_edits.wording.words import BREAKS, DETERMINERS, GAP, PREPOSITIONS, PRONOUNS, begins_verb, verb_at


@dataclass(frozen=True)
class Clause:
    """`intro subject verb rest`, one of them with the GAP in it."""

    intro: tuple[str, ...]
    subject: tuple[str, ...]
    verb: str
    rest: tuple[str, ...]


def clause_of(words: list[str], gap: int, referents: Referents) -> Clause | None:
    start, end = start_of(words, gap), end_of(words, gap)
    if start == 0:
        found = _split(words[:end])
        if found is not None and GAP in found.subject:
            found = _split(words[: end_of(words, gap, whole=True)])
        return _resolved(found, referents, None)
    joint = words[start - 1].casefold()
    body = words[start:end]
    if not body:
        return None
    earlier = _resolved(_split(_without_opener(words[: start - 1])), referents, None)
    if joint in ("which", "who", "that") and words[start - 2] != "so" and body[0] != GAP and begins_verb(body, 0):
        noun = antecedent(words, start - 1)
        place = (
            joint == "who"
            and len(noun) == 1
            and noun[0] in words  # "a" comes back as "the"
            and words[words.index(noun[0]) - 1].casefold() in ("in", "at", "from", "near")
        )
        return None if place or noun[:1] == ("those",) else _with_subject(noun, body)
    if joint in ("and", "or", "but") and body[0] != GAP and begins_verb(body, 0):
        relative = next((i for i in range(start - 2, 0, -1) if words[i].casefold() in ("which", "who")), 0)
        if relative:
            return _with_subject(antecedent(words, relative), body)
        if earlier is None or GAP in earlier.subject:
            return None
        form = base_form(body[0])
        # "was bought ... and refitted": the second participle keeps the first one's auxiliary.
        if earlier.verb.casefold() in AUXILIARIES and form is not None and form[1] == "did":
            body = [earlier.verb, *body]
        return _with_subject(earlier.subject, body)
    if joint in ("which", "who", "whose", "whom"):
        return None
    if joint == "that" and not (words[start - 2].casefold() == "so" or base_form(words[start - 2])):
        return None
    return _resolved(_split(body), referents, earlier)


def _without_opener(words: list[str]) -> list[str]:
    words = words[1:] if words and words[0].casefold() in BREAKS else words
    return words[:-1] if words and words[-1] in (",", "so") else words


def _split(words: Sequence[str]) -> Clause | None:
    words = list(words)
    if not words:
        return None
    if words[0].casefold() in BREAKS:
        words = words[1:]
    intro: list[str] = []
    if words and words[0].casefold() in PREPOSITIONS:
        cut = _intro_end(words)
        intro, words = words[:cut], words[cut:]
        words = words[1:] if words and words[0] == "," else words
    first = 1
    if words and words[0].casefold() in ("whoever", "whatever", "anyone", "everyone") and len(words) > 2:
        # "Whoever comes late puts ...": the second verb is the clause's.
        later = [j for j in range(2, len(words)) if verb_at(words, j)]
        first = later[0] if verb_at(words, 1) and words[0].casefold().endswith("ever") and later else 1
    for i in range(first, min(len(words), 16)):
        if (
            words[i] == GAP
            or not verb_at(words, i)
            or (words[i - 1].casefold() in PREPOSITIONS and words[i].casefold() not in AUXILIARIES)
        ):
            continue
        plural = words[i].endswith("s") and words[i].casefold() not in AUXILIARIES
        if words[i - 1] == "," and "," not in words[: i - 1]:
            continue  # "the log, read by ...": an aside
        if plural and verb_at(words, i + 1) and not words[i + 1].endswith("s"):
            continue  # "all messages go": the noun, then the verb
        return Clause(tuple(intro), tuple(words[:i]), words[i], tuple(words[i + 1 :]))
    return None


def _intro_end(words: list[str]) -> int:
    noun = False
    for i in range(1, len(words)):
        low = words[i].casefold()
        if low == ",":
            return i
        starts = low in DETERMINERS | PRONOUNS or (words[i][0].isupper() and words[i - 1][0].islower())
        if noun and starts and words[i - 1].casefold() not in PREPOSITIONS | DETERMINERS:
            return i
        noun = noun or (low not in STOP and low not in PREPOSITIONS) or words[i] == GAP
    return len(words)


def antecedent(words: list[str], relative: int) -> tuple[str, ...]:
    """The noun phrase that "which" or "who" at `relative` points back to; () where it cannot be told."""
    end = relative - 1 if words[relative - 1] == "," else relative
    i = end - 1
    stops = DETERMINERS | PREPOSITIONS | {",", "called", "named"}
    while i > 0 and words[i].casefold() not in stops and not verb_at(words, i):
        i -= 1
    if end <= 0 or GAP in words[max(i, 0) : end]:
        return ()
    if words[i].casefold() in DETERMINERS:
        noun = words[i:end]
        return ("the", *noun[1:]) if noun[0].casefold() in ("a", "an") else tuple(noun)
    if words[i].casefold() in PREPOSITIONS and i > 1 and words[i].casefold() == "of" and words[i + 1][0].islower():
        return ()
    keep_first = i == 0 and words[i].casefold() not in stops and not verb_at(words, i)
    return tuple(words[i if keep_first else i + 1 : end])


def _with_subject(subject: tuple[str, ...], body: list[str]) -> Clause | None:
    if not subject or GAP in subject:
        return None
    if body[0].endswith("ly") and len(body) > 1:
        body = body[1:]
    return Clause((), subject, body[0], tuple(body[1:]))


def _resolved(clause: Clause | None, referents: Referents, earlier: Clause | None) -> Clause | None:
    """Pronouns at the start of the clause's subject replaced by what they stand for; None where that is unknown."""
    if clause is None:
        return None
    words = clause.subject
    first = words[0].casefold()
    if first == "it" and clause.verb.casefold() in ("turned", "seems", "seemed", "appears", "happened"):
        return None
    if first == "its" and " ".join(words[1:]) == referents.subject.removeprefix("the "):
        return replace(clause, subject=(referents.subject,))
    if first in ("it", "she", "he", "they") and len(words) == 1:
        if first in ("he", "she") and referents.inner:
            return replace(clause, subject=(referents.inner,))
        if earlier is not None:
            return None if GAP in earlier.subject else replace(clause, subject=earlier.subject)
        if first == "they":
            return None
        who = referents.person if first in ("he", "she") and referents.person else referents.subject
        return replace(clause, subject=(who,))
    if first in ("its", "her", "his", "their") and len(words) > 1:
        if earlier is not None and first != "its":
            return clause
        who = referents.person if first in ("his", "her") and referents.person else referents.subject
        return replace(clause, subject=(possessive(who), *words[1:]))
    noun = referents.subject.split()[-1:]
    if len(words) == 2 and first == "the" and [words[1]] == [n.casefold() for n in noun]:
        return replace(clause, subject=(referents.subject,))
    return replace(clause, subject=(lowered(words, referents), *words[1:]))
