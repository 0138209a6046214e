"""Questions made from a sentence and an answer span by rules of English grammar.

Small models word a question for a *given* answer badly (they fall into "What is the name of ..."), so the wording is
made here, several ways for each answer, and the model only judges which candidates read as English.
Every candidate asks for the span by construction: it is the sentence's own clause with the span taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from selfstudy.self_edits.spans import MONTHS, STOP, Span, Token, tokens_of

_AUX = frozenset("is are was were has had have can could will would shall should may might must".split())
_BE = frozenset("is are was were".split())
_BREAKS = frozenset("because if when while although though unless until once but whereas so".split())
_RELATIVE = frozenset("which who that where whose whom".split())
_DETERMINERS = frozenset("a an the its his her their our this that these those each every any some no".split())
_PREPOSITIONS = frozenset(
    "of in on at by for with without from to into onto upon over under about above below after before between among "
    "through during against across along around behind beside near off via per within despite since as like towards "
    "toward until outside inside beneath".split()
)
_PRONOUNS = frozenset("it she he they we you i".split())
_PAST = {
    "became": "become", "began": "begin", "bought": "buy", "broke": "break", "brought": "bring", "built": "build",
    "came": "come", "chose": "choose", "cost": "cost", "cut": "cut", "drew": "draw", "drove": "drive", "fell": "fall",
    "felt": "feel", "flew": "fly", "forgot": "forget", "fought": "fight", "found": "find", "gave": "give", "got": "get",
    "grew": "grow", "heard": "hear", "held": "hold", "hid": "hide", "hit": "hit", "kept": "keep", "knew": "know",
    "laid": "lay", "led": "lead", "left": "leave", "lent": "lend", "let": "let", "lost": "lose", "made": "make",
    "meant": "mean", "met": "meet", "paid": "pay", "put": "put", "ran": "run", "read": "read", "rode": "ride",
    "rose": "rise", "said": "say", "sang": "sing", "sank": "sink", "sat": "sit", "saw": "see", "sent": "send",
    "set": "set", "shot": "shoot", "slept": "sleep", "sold": "sell", "spent": "spend", "spoke": "speak",
    "stole": "steal", "stood": "stand", "struck": "strike", "swam": "swim", "taught": "teach", "thought": "think",
    "threw": "throw", "told": "tell", "took": "take", "tore": "tear", "understood": "understand", "went": "go",
    "won": "win", "wore": "wear", "wove": "weave", "wrote": "write", "fed": "feed", "dug": "dig", "burnt": "burn",
}  # fmt: skip
_BASE = frozenset(
    "go take cost need follow keep meet work stand own hold come run make use give get want cover serve begin start "
    "leave pay sell buy lie live call bring travel wear eat drink open close carry contain include show send cause "
    "require provide form play help lead allow bear drive live produce write read build grow".split()
)
_PLURAL_NOT_VERB = frozenset("its this as his us yes is was has thus perhaps always".split())
_SPAN_OF_TIME = frozenset("second minute hour day night week month year decade century".split())
_MONEY = frozenset("crown florin pound dollar euro cent thaler ducat franc shilling penny pence krone mark coin".split())


@dataclass(frozen=True)
class Clause:
    """`intro subject verb rest`; `aux` is the verb itself or "" where do-support is needed. The gap is the token GAP."""

    intro: tuple[str, ...]
    subject: tuple[str, ...]
    verb: str
    rest: tuple[str, ...]


GAP = "\x00"


def base_form(verb: str) -> tuple[str, str] | None:
    """("buy", "did") for "bought", ("carry", "does") for "carries"; None for what cannot be a verb form."""
    low = verb.casefold()
    if low in _PAST:
        return _PAST[low], "did"
    if low in _BASE:
        return low, "do"
    if len(low) > 4 and low.endswith("ied"):
        return low[:-3] + "y", "did"
    if len(low) > 3 and low.endswith("ed") and low[-3] not in "e":
        return _undo_ed(low[:-2]), "did"
    if low in STOP or low in _PLURAL_NOT_VERB or not low.isalpha():
        return None
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y", "does"
    if re.search(r"(?:ss|sh|ch|x|z|o)es$", low):
        return low[:-2], "does"
    if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is")):
        return low[:-1], "does"
    return None


def _undo_ed(stem: str) -> str:
    if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    if stem.endswith(("v", "c", "u", "dg", "ang", "arg", "erg", "z", "rs", "ns", "us", "as", "os", "is")) and not stem.endswith("ss"):
        return stem + "e"
    if re.search(r"(?:^|[^aeiou])[aeiou](?:[bdgkmnptr]|l)$", stem) and len(re.findall(r"[aeiouy]+", stem)) == 1:
        return stem + "e"
    if re.search(r"[^aeiou](?:at|ut|ir|ur|ib|ud|ag|in|id)$", stem) and len(re.findall(r"[aeiouy]+", stem)) > 1:
        return stem if stem.endswith(("main", "tain", "eign")) else stem + "e"
    if re.search(r"(?:[^l]l|bl|tl|dl|gl|pl|kl)$", stem) and stem[-2] in "bdgkpt":
        return stem + "e"
    return stem


def _verb_at(words: list[str], i: int) -> bool:
    low = words[i].casefold()
    if low in _AUX:
        return True
    if i and words[i - 1].casefold() in _DETERMINERS | {"of", "to"}:
        return False
    if words[i][0].isupper() and i:
        return False
    return base_form(low) is not None


def _clause(sentence: str, span: Span, subject: str) -> Clause | None:
    """The clause that holds the gap, its verb found; None where the sentence is beyond these rules."""
    words: list[str] = []
    placed = False
    for token in tokens_of(sentence):
        if span.start <= token.start < span.end:
            if not placed:
                words.append(GAP)
                placed = True
            continue
        words.append(token.text)
    if not placed:
        return None
    gap = words.index(GAP)
    main = _split(words[: _end(words, gap)], subject)
    start = _start(words, gap)
    end = _end(words, gap)
    if start == 0:
        return _split(words[:end], subject)
    joint = words[start - 1].casefold()
    body = words[start:end]
    whole = _split(words[:start], subject)
    if joint in ("which", "who", "that") and body and body[0] != GAP and (_verb_at(body, 0) or body[0].casefold().endswith("ly")):
        noun = _antecedent(words, start - 1)
        return _with_subject(noun, body) if noun else None
    if joint in ("and", "or", "but") and body and body[0] != GAP and _verb_at(body, 0) and whole is not None:
        # "was bought ... and refitted": the second participle keeps the first one's auxiliary.
        if whole.verb.casefold() in _AUX and body[0].casefold() not in _AUX and body[0].casefold().endswith(("ed", "t", "n", "d")):
            body = [whole.verb, *body]
        return _with_subject(whole.subject, body)
    if joint in _RELATIVE and joint != "where":
        return None
    found = _split(body, subject)
    if found is not None and whole is not None and " ".join(found.subject).casefold() in ("it", "they", "he", "she"):
        if GAP in whole.subject or not whole.subject:
            return None
        found = Clause(found.intro, whole.subject, found.verb, found.rest)
    return found or (main if start == 0 else None)


def _start(words: list[str], gap: int) -> int:
    for i in range(gap - 1, -1, -1):
        low = words[i].casefold()
        after = words[i + 1] if i + 1 < len(words) else ""
        if low in (";", ":", "–", "—", "("):
            return i + 1
        if low in _BREAKS or (low in ("since", "as") and i and words[i - 1] == ","):
            return i + 1
        if low in _RELATIVE and i and not (low == "that" and words[i - 1].casefold() in STOP):
            return i + 1
        if low in ("and", "or") and after != GAP and i + 1 < gap:
            if _verb_at(words, i + 1) or (words[i - 1] == "," and any(_verb_at(words, j) for j in range(i + 2, gap))):
                return i + 1
    return 0


def _end(words: list[str], gap: int) -> int:
    for i in range(gap + 1, len(words)):
        low = words[i].casefold()
        if low in (";", ":", "–", "—", ".", "!", "?", "(", ")") or low in _BREAKS or low in _RELATIVE:
            return i - 1 if words[i - 1] in (",",) else i
        if low == ",":
            nxt = words[i + 1].casefold() if i + 1 < len(words) else ""
            # A comma inside the subject or after an introduction: the verb is still to come.
            if any(_verb_at(words, j) for j in range(1, i) if j != gap) or nxt in _RELATIVE | _BREAKS | {"and", "but"}:
                return i
        if low in ("and", "or") and i + 1 < len(words) and _verb_at(words, i + 1):
            return i
    return len(words)


def _antecedent(words: list[str], relative: int) -> tuple[str, ...]:
    end = relative
    if end and words[end - 1] == ",":
        end -= 1
    elif end > 1 and words[end - 1].casefold() in _PREPOSITIONS:
        return ()
    i = end - 1
    while i > 0 and words[i].casefold() not in _DETERMINERS | _PREPOSITIONS and words[i] != "," and not _verb_at(words, i):
        i -= 1
    if i < 0 or GAP in words[i:end]:
        return ()
    if words[i].casefold() in _DETERMINERS:
        noun = words[i:end]
        return ("the", *noun[1:]) if noun[0].casefold() in ("a", "an") else tuple(noun)
    noun = words[i + 1 : end] if i or words[i].casefold() in _PREPOSITIONS else words[i:end]
    return tuple(noun) if noun else ()


def _with_subject(subject: tuple[str, ...], body: list[str]) -> Clause | None:
    if not subject or GAP in subject:
        return None
    if body[0].casefold().endswith("ly") and len(body) > 1:
        body = body[1:]
    return Clause((), subject, body[0], tuple(body[1:]))


def _split(words: list[str], subject: str) -> Clause | None:
    words = [w for w in words if w not in ('"', "”", "“")]
    if not words:
        return None
    intro: list[str] = []
    if words[0].casefold() in _PREPOSITIONS or words[0].casefold() in ("in", "then", "since"):
        cut = _intro_end(words)
        intro, words = words[:cut], words[cut:]
        if words and words[0] == ",":
            words = words[1:]
        if intro and intro[-1] == ",":
            intro = intro[:-1]
    for i in range(1, min(len(words), 14)):
        if words[i] in (",", ";") and i > 8:
            break
        if words[i] != GAP and _verb_at(words, i) and words[i - 1].casefold() not in _PREPOSITIONS:
            return Clause(tuple(intro), _named(words[:i], subject), words[i], tuple(words[i + 1 :]))
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


def _named(words: list[str], subject: str) -> tuple[str, ...]:
    """The subject's words, with "it" and "its" at the start resolved to what the passage is about."""
    first = words[0].casefold()
    if len(words) == 1 and first in ("it", "she", "he", "they"):
        return (subject,)
    if first in ("its", "her", "his", "their"):
        return (subject + ("'" if subject.endswith("s") else "'s"), *words[1:])
    keep = words[0] if words[0] != words[0].lower() and first not in STOP and not _common(words) else first
    return (keep, *words[1:])


def _common(words: list[str]) -> bool:
    return len(words) == 1 or not words[1][:1].isupper()


def _number_words(span: Span, before: str) -> list[tuple[str, bool]]:
    """Question phrases for a number: (phrase, whether the preposition before it stays in front)."""
    words = span.text.split()
    unit = [w for w in words if w.isalpha() and w.casefold() not in ("million", "billion", "thousand", "hundred") and not _is_number(w)]
    last = unit[-1].casefold().rstrip("s") if unit else ""
    if any(w.strip(",") in MONTHS for w in words):
        kind = "date" if any(c.isdigit() for c in span.text) else "day"
        day = words[0].endswith("day")
        return [("When", False), ("On what day" if day or kind == "day" and before == "on" else "On what date" if kind == "date" else "In what month", False)]
    if re.fullmatch(r"\d{1,2}[:.]\d\d", words[0]) and before in ("at", "from", "by", "until", "after", "before"):
        return [("At what time" if before == "at" else f"{before.capitalize()} what time", False), *([("When", False)] if before == "at" else [])]
    if re.fullmatch(r"1[0-9]{3}|20[0-9]{2}", span.text) and before in ("in", "since", "until", "by", "of"):
        return [("In what year" if before in ("in", "of") else f"{before.capitalize()} what year", False), *([("When", False)] if before == "in" else [])]
    if not unit:
        return [("How many", True)] if not re.search(r"[$€£%°]", span.text) else [("How much", True)]
    noun = " ".join(unit)
    if last in _SPAN_OF_TIME:
        if before == "every":
            return [("How often", False)]
        if before == "for":
            return [("How long", False), (f"For how many {noun}", False)]
        return [(f"How many {noun}", True), *([("How long", False)] if not before else [])]
    if last in _MONEY:
        return [("How much", before != "for"), (f"How many {noun}", True)]
    if last in ("percent", "per"):
        return [("What percentage", True)]
    return [(f"How many {noun}", True)]


def _is_number(word: str) -> bool:
    return Token(0, 0, word).counted


def _question_words(span: Span, before: str) -> list[tuple[str, bool]]:
    if span.kind == "number":
        return _number_words(span, before)
    person = len(span.text.split()) > 1 and " of " not in span.text
    if span.kind == "name":
        if before == "by":
            return [("Who", True)]
        if before in ("in", "at", "near", "outside"):
            return [("Where", False)]
        if before == "from":
            return [("Where", True)]
        return [("Who", True), ("What", True)] if person else [("What", True), ("Who", True)]
    return [("What", True), ("Who", True)] if before in ("by", "to", "") and span.kind == "phrase" else [("What", True)]


def _tidy(words: list[str]) -> str:
    text = " ".join(w for w in words if w)
    text = re.sub(r"\s+([,.;:?!%’])", r"\1", text)
    text = re.sub(r"\s*(['’]s)\b", r"\1", text).strip(" ,;:")
    return text[:1].upper() + text[1:] + "?" if text else ""


def wordings(sentence: str, span: Span, subject: str) -> tuple[tuple[str, ...], ...]:
    """Groups of candidate questions for a span. A group's candidates say the same in the same form: the best one counts.

    The groups: the question word in front; the same, cut short after the gap; the statement with the question word in
    place of the gap.
    """
    sentence = sentence.strip()
    clause = _clause(sentence, span, subject)
    if clause is None:
        return ()
    front: list[str] = []
    short: list[str] = []
    place: list[str] = []
    intro = [*clause.intro, ","] if clause.intro else []
    if GAP in clause.intro:
        return ()
    if GAP in clause.subject:
        at = clause.subject.index(GAP)
        head = [w for w in clause.subject[:at]]
        if clause.subject[at + 1 :] and clause.subject[at + 1].casefold() not in (",",):
            return ()
        nouns = [w for w in head if w.casefold() not in _DETERMINERS]
        for word, _ in _question_words(span, ""):
            if nouns and not any(w.casefold() in _PREPOSITIONS for w in nouns):
                word = f"Which {' '.join(nouns)}" if span.kind in ("name", "code") and nouns[0][0].islower() else ""
            elif nouns:
                word = ""
            if word:
                verb = clause.verb
                front.append(_tidy([*intro, word, verb, *clause.rest]))
                short.append(_tidy([word, verb, *_shorten(clause.rest)]))
        return _groups(front, short, place)
    rest = list(clause.rest)
    at = rest.index(GAP)
    head, tail = rest[:at], rest[at + 1 :]
    if tail and tail[0].casefold() == "of":
        return ()
    modifiers: list[str] = []
    while head and head[-1].casefold() not in _PREPOSITIONS and head[-1].casefold() not in _DETERMINERS | STOP:
        if base_form(head[-1]) is not None and head[-1].casefold().endswith(("ed", "s")) and not modifiers or head[-1] == ",":
            break
        modifiers.insert(0, head.pop())
    determiner = head.pop() if head and head[-1].casefold() in _DETERMINERS else ""
    if head and head[-1].casefold() == "of" and len(head) > 1 and head[-2].casefold() in STOP:
        pass
    before = head[-1].casefold() if head and head[-1].casefold() in _PREPOSITIONS else determiner if determiner in ("every", "each") else ""
    if modifiers and not determiner and not before:
        # "renamed the machine ____", "need the flag ____": what stands before is the head noun, not an adjective.
        head += modifiers
        modifiers = []
    aux, lemma = _auxiliary(clause.verb)
    if not aux:
        return ()
    asks = _question_words(span, before)
    if span.kind in ("code", "name") and modifiers and determiner and all(m[0].islower() for m in modifiers):
        asks = [(f"Which {' '.join(modifiers)}", True)]
    for word, keep in asks:
        stem = list(head)
        preposition = ""
        if before in _PREPOSITIONS and stem and stem[-1].casefold() == before:
            stem.pop()
            if keep:
                preposition = before
        verb = [lemma] if lemma else []
        if preposition and span.kind == "number" and preposition != "of":
            lead, strand = [preposition, word.lower()], []
        else:
            lead, strand = [word], [preposition] if preposition else []
        if preposition and not keep:
            strand = []
        front.append(_tidy([*intro, *lead, aux, *clause.subject, *verb, *stem, *strand, *tail]))
        short.append(_tidy([*lead, aux, *clause.subject, *verb, *_shorten(tuple(stem), before=True), *strand]))
    plain = {"number": "how many", "name": "who or what", "code": "what", "phrase": "what"}[span.kind]
    if span.kind == "number":
        plain = next((w.lower() for w, k in asks if w.startswith("How many")), "what number" if before != "in" else "what year")
    place.append(_tidy([*intro, *clause.subject, clause.verb, *head, determiner if determiner in ("a", "an", "the") and span.kind == "phrase" else "", *modifiers, plain]))
    return _groups(front, short, place)


def _auxiliary(verb: str) -> tuple[str, str]:
    if verb.casefold() in _AUX:
        return verb.casefold(), ""
    form = base_form(verb)
    return (form[1], form[0]) if form else ("", "")


def _shorten(rest: tuple[str, ...], *, before: bool = False) -> list[str]:
    """Without the last phrases that a preposition opens, but never less than two words."""
    words = list(rest)
    for i, word in enumerate(words):
        if i >= 2 and word.casefold() in _PREPOSITIONS - {"of"} and not (before and i == len(words) - 1):
            return words[:i]
    return words


def _groups(*groups: list[str]) -> tuple[tuple[str, ...], ...]:
    seen: set[str] = set()
    out = []
    for group in groups:
        fresh = tuple(q for q in dict.fromkeys(group) if q and q not in seen and GAP not in q)
        seen.update(fresh)
        if fresh:
            out.append(fresh)
    return tuple(out)
