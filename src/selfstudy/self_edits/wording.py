"""Questions made from a sentence and an answer span by rules of English grammar.

Small models word a question for a *given* answer badly (they fall into "What is the name of ..."), so the wording is
made here, several ways for each answer, and the model only judges which candidates read as English.
Every candidate asks for the span by construction: it is the sentence's own clause with the span taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfstudy.self_edits.spans import MONTHS, STOP, Span, Token, answer_spans, tokens_of
from selfstudy.self_edits.verbs import AUXILIARIES, base_form

GAP = "\x00"
_BREAKS = frozenset("because if when while although though unless until but whereas so".split())
_RELATIVE = frozenset("which who that where whose whom".split())
_DETERMINERS = frozenset(
    "a an the its his her their our this that these those each every any some no all both many most several".split()
)
_PREPOSITIONS = frozenset(
    "of in on at by for with without from to into onto upon over under about above below after before between among "
    "through during against across along around behind beside near off via per within despite since as like towards "
    "toward until outside inside beneath".split()
)
_PRONOUNS = frozenset("it she he they we you i".split())
_QUANTIFIERS = (("at", "least"), ("at", "most"), ("more", "than"), ("less", "than"), ("fewer", "than"), ("up", "to"))
_SPAN_OF_TIME = frozenset("second minute hour day night week month year decade century".split())
_MONEY = frozenset(
    "crown florin pound dollar euro cent thaler ducat franc shilling penny pence krone mark coin".split()
)
_AFTER_COUNT = frozenset("after before away wide long deep tall high old later".split())
_LONGEST = 32


@dataclass(frozen=True)
class Clause:
    """`intro subject verb rest`, one of them with the GAP in it."""

    intro: tuple[str, ...]
    subject: tuple[str, ...]
    verb: str
    rest: tuple[str, ...]


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


def wordings(sentence: str, span: Span, referents: Referents) -> tuple[tuple[str, ...], ...]:
    """Groups of candidate questions for a span. A group's candidates are one form of words: the best one counts.

    The groups: the question word in front; the same, cut short; the statement with the question word in the gap.
    """
    words = _with_gap(sentence.strip(), span)
    if words is None:
        return ()
    gap = words.index(GAP)
    groups: list[list[str]] = []
    apposition = _apposition(words, gap, span)
    if apposition:
        groups.extend([question] for question in apposition)
    else:
        clause = _clause(words, gap, referents)
        fronted = _fronted(clause, span) if clause is not None else []
        groups.extend(fronted)
        named = _name_question(words, gap, span)
        if named:
            groups.append([named])
        if gap > 2 or not fronted:
            groups.append(_in_place(words, gap, span, referents))
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
        and len(question.split()) <= _LONGEST + 4
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


# -- where the clause of the gap starts and ends ------------------------------------------------------------------


def _verb_at(words: Sequence[str], i: int) -> bool:
    if i >= len(words):
        return False
    low = words[i].casefold()
    if low in AUXILIARIES:
        return True
    if i and (words[i - 1].casefold() in _DETERMINERS | {"of", "to"} or words[i][0].isupper()):
        return False
    if low in STOP:
        return False
    return base_form(low) is not None


def _begins_verb(words: Sequence[str], i: int) -> bool:
    """A verb at i, or an adverb in -ly and a verb after it."""
    return _verb_at(words, i) or (i < len(words) and words[i].endswith("ly") and _verb_at(words, i + 1))


def _start(words: list[str], gap: int) -> int:
    opened = words[0].casefold() in _BREAKS | {"after", "before", "since", "as"}
    for i in range(gap - 1, -1, -1):
        low = words[i].casefold()
        if low in (";", ":", "–", "—", "("):
            return i + 1
        if low == "," and opened and words[0].casefold() in _BREAKS and "," not in words[:i]:
            return i + 1
        if low in _BREAKS or (low in ("since", "as") and i and words[i - 1] == ","):
            return i + 1
        if low in _RELATIVE and i and (low != "that" or words[i - 1].casefold() not in STOP or words[i - 1] == "so"):
            return i + 1
        if low in ("and", "or") and i + 1 < gap and _begins_verb(words, i + 1):
            return i + 1
        if low in ("and", "or") and i and words[i - 1] == ",":
            upto = next((j for j in range(gap + 1, len(words)) if words[j] in (",", ";", ".")), len(words))
            if any(_verb_at(words, j) for j in range(i + 2, upto) if j != gap):
                return i + 1
    return 0


def _end(words: list[str], gap: int, *, whole: bool = False) -> int:
    for i in range(gap + 1, len(words)):
        low = words[i].casefold()
        if low in (";", ":", "–", "—", ".", "!", "?", "(", ")"):
            return i
        if not whole and (low in _BREAKS or low in _RELATIVE):
            return i - 1 if words[i - 1] == "," else i
        if low == ",":
            following = words[i + 1].casefold() if i + 1 < len(words) else ""
            past_verb = any(_verb_at(words, j) for j in range(1, i) if j != gap)
            if past_verb or following in _RELATIVE | _BREAKS | {"and", "but"} or words[0].casefold() in _BREAKS:
                return i
        if low in ("and", "or") and _begins_verb(words, i + 1):
            return i
    return len(words)


# -- its parts ----------------------------------------------------------------------------------------------------


def _clause(words: list[str], gap: int, referents: Referents) -> Clause | None:
    start, end = _start(words, gap), _end(words, gap)
    if start == 0:
        found = _split(words[:end])
        if found is not None and GAP in found.subject:
            found = _split(words[: _end(words, gap, whole=True)])
        return _resolved(found, referents, None)
    joint = words[start - 1].casefold()
    body = words[start:end]
    if not body:
        return None
    earlier = _resolved(_split(_without_opener(words[: start - 1])), referents, None)
    if joint in ("which", "who", "that") and words[start - 2] != "so" and body[0] != GAP and _begins_verb(body, 0):
        noun = _antecedent(words, start - 1)
        place = (
            joint == "who"
            and len(noun) == 1
            and words[words.index(noun[0]) - 1].casefold() in ("in", "at", "from", "near")
        )
        return None if place or noun[:1] == ("those",) else _with_subject(noun, body)
    if joint in ("and", "or", "but") and body[0] != GAP and _begins_verb(body, 0):
        relative = next((i for i in range(start - 2, 0, -1) if words[i].casefold() in ("which", "who")), 0)
        if relative:
            return _with_subject(_antecedent(words, relative), body)
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
    words = words[1:] if words and words[0].casefold() in _BREAKS else words
    return words[:-1] if words and words[-1] in (",", "so") else words


def _split(words: Sequence[str]) -> Clause | None:
    words = list(words)
    if not words:
        return None
    if words[0].casefold() in _BREAKS:
        words = words[1:]
    intro: list[str] = []
    if words and words[0].casefold() in _PREPOSITIONS:
        cut = _intro_end(words)
        intro, words = words[:cut], words[cut:]
        words = words[1:] if words and words[0] == "," else words
    first = 1
    if words and words[0].casefold() in ("whoever", "whatever", "anyone", "everyone") and len(words) > 2:
        # "Whoever comes late puts ...": the second verb is the clause's.
        later = [j for j in range(2, len(words)) if _verb_at(words, j)]
        first = later[0] if _verb_at(words, 1) and words[0].casefold().endswith("ever") and later else 1
    for i in range(first, min(len(words), 16)):
        if (
            words[i] == GAP
            or not _verb_at(words, i)
            or (words[i - 1].casefold() in _PREPOSITIONS and words[i].casefold() not in AUXILIARIES)
        ):
            continue
        plural = words[i].endswith("s") and words[i].casefold() not in AUXILIARIES
        if words[i - 1] == "," and "," not in words[: i - 1]:
            continue  # "the log, read by ...": an aside
        if plural and _verb_at(words, i + 1) and not words[i + 1].endswith("s"):
            continue  # "all messages go": the noun, then the verb
        return Clause(tuple(intro), tuple(words[:i]), words[i], tuple(words[i + 1 :]))
    return None


def _intro_end(words: list[str]) -> int:
    noun = False
    for i in range(1, len(words)):
        low = words[i].casefold()
        if low == ",":
            return i
        starts = low in _DETERMINERS | _PRONOUNS or (words[i][0].isupper() and words[i - 1][0].islower())
        if noun and starts and words[i - 1].casefold() not in _PREPOSITIONS | _DETERMINERS:
            return i
        noun = noun or (low not in STOP and low not in _PREPOSITIONS) or words[i] == GAP
    return len(words)


def _antecedent(words: list[str], relative: int) -> tuple[str, ...]:
    """The noun phrase that "which" or "who" at `relative` points back to; () where it cannot be told."""
    end = relative - 1 if words[relative - 1] == "," else relative
    i = end - 1
    stops = _DETERMINERS | _PREPOSITIONS | {",", "called", "named"}
    while i > 0 and words[i].casefold() not in stops and not _verb_at(words, i):
        i -= 1
    if end <= 0 or GAP in words[max(i, 0) : end]:
        return ()
    if words[i].casefold() in _DETERMINERS:
        noun = words[i:end]
        return ("the", *noun[1:]) if noun[0].casefold() in ("a", "an") else tuple(noun)
    if words[i].casefold() in _PREPOSITIONS and i > 1 and words[i].casefold() == "of" and words[i + 1][0].islower():
        return ()
    keep_first = i == 0 and words[i].casefold() not in stops and not _verb_at(words, i)
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
        return replace(clause, subject=(_possessive(who), *words[1:]))
    noun = referents.subject.split()[-1].casefold()
    if len(words) == 2 and first == "the" and words[1] == noun:
        return replace(clause, subject=(referents.subject,))
    return replace(clause, subject=(_lowered(words, referents), *words[1:]))


def _possessive(name: str) -> str:
    return name + ("'" if name.endswith("s") else "'s")


def _lowered(words: Sequence[str], referents: Referents) -> str:
    """The first word as it stands inside a sentence: names keep their capital."""
    first = words[0]
    if first.casefold() in STOP or first.casefold() in _DETERMINERS:
        return first.lower()
    named = (
        first in referents.subject
        or first in referents.names
        or not first[1:].islower()
        or (len(words) > 1 and words[1][:1].isupper())
    )
    return first if named else first.lower()


# -- the questions ------------------------------------------------------------------------------------------------


def _apposition(words: list[str], gap: int, span: Span) -> list[str]:
    """ "the forewoman, GAP, blows": who is the forewoman? And "the GAP, Isolde Crabbe, blows": who is Isolde Crabbe?"""
    after = words[gap + 1] if gap + 1 < len(words) else "."
    if span.kind == "phrase" and after == "," and gap and words[gap - 1].casefold() in _DETERMINERS:
        end = next((i for i in range(gap + 2, len(words)) if words[i] in (",", ".")), gap)
        name = words[gap + 2 : end]
        if len(name) >= 2 and all(w[0].isupper() for w in name):
            return [f"Who is {' '.join(name)}?", f"What is the job of {' '.join(name)}?"]
    if span.kind != "name" or gap < 2 or words[gap - 1] != "," or after not in (",", ".", ";"):
        return []
    noun = _antecedent(words, gap)
    if not noun or not noun[-1][0].islower() or noun[0].casefold() not in _DETERMINERS:
        return []
    phrase = " ".join([noun[0].lower(), *noun[1:]])
    return [f"Who is {phrase}?", f"What is the name of {phrase}?"]


def _name_question(words: list[str], gap: int, span: Span) -> str:
    """ "the optician GAP": what is the name of the optician?"""
    if gap > 2 and words[gap - 1].casefold() in ("called", "named", "nicknamed"):
        noun = _antecedent(words, gap - 1)
        return (
            f"What {'are' if noun[-1].endswith('s') else 'is'} the {' '.join(noun[noun[0] in _DETERMINERS :])} called?"
            if noun
            else ""
        )
    if any(c.isdigit() for c in span.text) and span.kind == "name":
        return ""
    if span.kind not in ("name", "code") or gap < 2 or words[gap - 1].casefold() in STOP | _PREPOSITIONS:
        return ""
    noun = _antecedent(words, gap)
    if not noun or noun[0].casefold() not in _DETERMINERS or any(not w[0].islower() for w in noun) or len(noun) < 2:
        return ""
    asked = "What is the name of" if span.kind == "name" else "What is"
    return f"{asked} the {' '.join(noun[1:])}?"


def _fronted(clause: Clause, span: Span) -> list[list[str]]:
    if GAP in clause.intro:
        clause = Clause((), clause.subject, clause.verb, (*(w for w in clause.rest if w != "."), *_small(clause.intro)))
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
    head = _without_quantifier(head)
    modifiers: list[str] = []
    if span.kind != "number":
        while (
            head
            and head[-1].casefold() not in _PREPOSITIONS | _DETERMINERS | STOP
            and not (head[-1].endswith("ed") and not modifiers and len(head) == 1)
        ):
            modifiers.insert(0, head.pop())
    determiner = head.pop() if head and head[-1].casefold() in _DETERMINERS else ""
    if modifiers and not determiner and not (head and head[-1].casefold() in _PREPOSITIONS):
        head, modifiers = head + modifiers, []
    before = head[-1].casefold() if head and head[-1].casefold() in _PREPOSITIONS else determiner
    form = base_form(clause.verb)
    if clause.verb.casefold() in ("has", "have", "had") and not _participle([*head, *modifiers]):
        form = ("have", {"has": "does", "have": "do", "had": "did"}[clause.verb.casefold()])
        clause = replace(clause, verb="\x01")
    if clause.verb.casefold() == "cannot":
        clause = replace(clause, subject=(*clause.subject, "not"), verb="can")
    aux, lemma = (clause.verb.casefold(), "") if clause.verb.casefold() in AUXILIARIES else (form or ("", ""))[::-1]
    if not aux:
        return []
    asks = _question_words(span, before)
    if span.kind in ("code", "name") and modifiers and determiner and all(m[0].islower() for m in modifiers):
        asks = [(f"Which {' '.join(modifiers)}", True)]
    if not head and not lemma and aux in ("is", "are", "was", "were"):
        tail = []  # "X is a GAP seen by ...": what follows belongs to the gap
    intro = [*_small(clause.intro), ","] if clause.intro else []
    verb = [lemma] if lemma else []
    front: list[str] = []
    short: list[str] = []
    for word, keep in asks:
        if word == "How long" and not before and head:
            continue  # "greeted the patient 52 minutes after": no duration
        stem, lead, strand, after = list(head), [word], [], list(tail)
        if stem and stem[-1] == "only":
            stem.pop()
        if before in _PREPOSITIONS:
            stem.pop()
            if keep and span.kind == "number" and before != "of":
                lead = [before, word.lower()]
            elif keep:
                strand = [before]
        if span.kind == "number" and after and after[0].casefold() in _AFTER_COUNT and word.startswith("How many"):
            lead, after = [*lead, *after], []
        front.append(
            _tidy([*intro, *(_small(lead) if intro else lead), aux, *clause.subject, *verb, *stem, *strand, *after])
        )
        if not after or after == tail:
            short.append(_tidy([*lead, aux, *clause.subject, *verb, *stem, *strand]))
    return [front, short]


def _participle(words: Sequence[str]) -> bool:
    later = [w for w in words if not w.endswith("ly") and w.casefold() not in ("not", "never", "also", "already")]
    if not later:
        return False
    form = base_form(later[0])
    return (form is not None and form[1] == "did") or later[0] in ("been", "become") or later[0].endswith("wn")


def _subject_questions(clause: Clause, span: Span) -> list[list[str]]:
    at = clause.subject.index(GAP)
    head = _without_quantifier([w for w in clause.subject[:at] if w.casefold() != "only"])
    tail = list(clause.subject[at + 1 :])
    nouns = [w for w in head if w.casefold() not in _DETERMINERS]
    if tail and (tail[0].casefold() not in _PREPOSITIONS or tail[0] == "of"):
        return []
    rest = list(clause.rest[:_LONGEST])
    intro = [*_small(clause.intro), ","] if clause.intro else []
    if nouns and any(w.casefold() in _PREPOSITIONS for w in nouns):
        if span.kind == "name" and nouns[-1].casefold() in ("at", "in", "near") and not tail:
            thing = " ".join([*_small(tuple(head[:-1]))])
            plural = "are" if head[-2].endswith("s") else "is"
            return [[f"Where {plural} {thing}?"]]
        return []
    fronts, shorts = [], []
    for word, _ in _question_words(span, ""):
        if nouns:
            if span.kind not in ("name", "code") or not nouns[0][0].islower():
                continue
            word = f"Which {' '.join(nouns)}"
        fronts.append(_tidy([*intro, *(_small([word]) if intro else [word]), *tail, clause.verb, *rest]))
        shorts.append(_tidy([word, clause.verb, *_shorten(rest)]))
    return [fronts, shorts]


def _in_place(words: list[str], gap: int, span: Span, referents: Referents) -> list[str]:
    """The sentence up to the gap's clause end, with a question word in the gap."""
    start = max((i + 1 for i in range(gap) if words[i] == ";"), default=0)
    if gap - start > _LONGEST:
        start = _start(words, gap)
    person = referents.person or referents.subject
    piece = _opened(words[start : _end(words, gap)], referents.subject, person)
    if not any(_verb_at(piece, i) for i in range(1, len(piece))):
        piece = _opened(words[start:], referents.subject, person)
    if GAP not in piece:
        return []
    at = piece.index(GAP)
    before = piece[at - 1].casefold() if at else ""
    modified = span.kind in ("code", "name") and at > 1 and piece[at - 1].islower() and before not in STOP
    if modified and not _verb_at(piece, at - 1):
        noun = at - 1
        while (
            noun
            and piece[noun - 1].islower()
            and piece[noun - 1].casefold() not in STOP
            and not _verb_at(piece, noun - 1)
        ):
            noun -= 1
        drop = 1 if noun and piece[noun - 1].casefold() in _DETERMINERS else 0
        piece[noun - drop : at + 1] = ["which", *piece[noun:at]]
        return [_tidy(piece)]
    plain = {
        "number": ["how many"],
        "name": ["who", "what"] if " " in span.text else ["what"],
        "code": ["what"],
        "phrase": ["what"],
    }[span.kind]
    if span.kind == "name" and before in ("in", "at", "near", "from", "to"):
        plain = ["which place"]
    elif span.kind == "name" and before == "by":
        plain = ["whom", "what"]
    elif span.kind == "name" and before in _DETERMINERS:
        plain = ["what"]
    if span.kind == "number":
        asks = [w for w, _ in _question_words(span, before)]
        counted = [w.lower() for w in asks if w.startswith("How many")]
        plain = (
            counted or [" ".join(asks[-1].lower().split()[1:]) or "when"]
            if asks[0] != "When" or len(asks) > 1
            else ["when"]
        )
        plain = ["how often"] if asks == ["How often"] else plain
        if plain == ["how often"] or plain == ["how long"]:
            piece[at - 1 : at] = []
            at -= 1
    return [_tidy([*piece[:at], word, *piece[at + 1 :]]) for word in plain]


def _opened(piece: list[str], subject: str, person: str) -> list[str]:
    """Without "it turned out that" or a lone "when" in front; a pronoun in front replaced by what it stands for."""
    piece = piece[:-1] if piece and piece[-1] in (",", ".") else list(piece)
    if piece[:1] == ["It"] and "that" in piece[:4]:
        piece = piece[piece.index("that") + 1 :]
    elif piece and piece[0].casefold() in _BREAKS and "," not in piece:
        piece = piece[1:]
    first = piece[0].casefold() if piece else ""
    if first in ("it", "he", "she"):
        piece[0] = subject if first == "it" else person
    elif first in ("its", "his", "her") and len(piece) > 1:
        piece[0] = _possessive(subject if first == "its" else person)
    return piece


def _question_words(span: Span, before: str) -> list[tuple[str, bool]]:
    """Question phrases for a span, each with whether the preposition before the span is kept in the question."""
    if span.kind == "number":
        return _number_words(span, before)
    if span.kind == "name":
        if before == "by":
            return [("Who", True)]
        if before in ("in", "at", "near", "outside"):
            return [("Where", False)]
        if before == "from":
            return [("Where", True)]
        return [("Who", True), ("What", True)]
    agent = re.search(r"(?:[^aeiou]er|or|ist|ian|man|men|mate|woman|women|nurse|cook|clerk)s?$", span.text)
    return [("Who", True), ("What", True)] if agent and span.kind == "phrase" else [("What", True)]


def _number_words(span: Span, before: str) -> list[tuple[str, bool]]:
    words = span.text.split()
    large = ("million", "billion", "thousand", "hundred")
    unit = [w for w in words if w.isalpha() and w.casefold() not in large and not Token(0, 0, w).counted]
    last = unit[-1].casefold().rstrip("s") if unit else ""
    if any(w.strip(",") in MONTHS for w in words):
        if before not in ("on", "in", "every", ""):
            return [(f"{before.capitalize()} what date", False)]
        day = words[0].rstrip("s").endswith("day")
        exact = (
            "On which days"
            if day and words[-1].endswith("s")
            else "On what day"
            if day
            else "On what date"
            if any(c.isdigit() for c in words[0] + words[-1])
            else "In what month"
        )
        return [("When", False), (exact, False)]
    if re.fullmatch(r"\d{1,2}[:.]\d\d", words[0]) and before in ("at", "from", "by", "until", "after", "before"):
        exact = "At what time" if before == "at" else f"{before.capitalize()} what time"
        return [(exact, False), *([("When", False)] if before == "at" else [])]
    if re.fullmatch(r"1[0-9]{3}|20[0-9]{2}", span.text) and before in ("in", "since", "until", "by", "of"):
        exact = "In what year" if before in ("in", "of") else f"{before.capitalize()} what year"
        return [("When", False), (exact, False)] if before == "in" else [(exact, False)]
    if not unit:
        return [("How much" if re.search(r"[$€£%°]", span.text) else "How many" if before else "What", True)]
    noun = " ".join(unit)
    if last in _SPAN_OF_TIME and before == "every":
        return [("How often", False)]
    if last in _SPAN_OF_TIME and before == "for":
        return [("How long", False), (f"For how many {noun}", False)]
    if last in _SPAN_OF_TIME:
        return [(f"How many {noun}", True), *([("How long", False)] if not before else [])]
    if last in _MONEY:
        return [("How much", before != "for"), (f"How many {noun}", True)]
    return [("What percentage" if last == "percent" else f"How many {noun}", True)]


def _without_quantifier(words: list[str]) -> list[str]:
    for pair in _QUANTIFIERS:
        if tuple(w.casefold() for w in words[-2:]) == pair:
            return words[:-2]
    return words[:-1] if words and words[-1].casefold() in ("about", "around", "nearly", "exactly", "just") else words


def _shorten(rest: list[str]) -> list[str]:
    """Without the last phrases that a preposition opens, but never less than two words."""
    for i, word in enumerate(rest):
        if i >= 2 and word.casefold() in _PREPOSITIONS - {"of"}:
            return rest[:i]
    return rest


def _small(words: Sequence[str]) -> list[str]:
    return [words[0][:1].lower() + words[0][1:], *words[1:]] if words else []


def _tidy(words: Sequence[str]) -> str:
    text = " ".join(w for w in words if w)
    text = re.sub(r"\s+([,.;:?!%’])", r"\1", text)
    text = re.sub(r"\s*(['’]s)\b", r"\1", text.replace("`", "")).strip(" ,;:.")
    return text[:1].upper() + text[1:] + "?" if text else ""
