"""Answer spans: the pieces of a sentence that a quiz could ask for, found by rule.

A weak model asked to *find* facts asks about the same two of them again and again. Spans found by rule cover every
fact, and they are right by construction: what is left to the model is to word the question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from selfstudy.self_edits.tokens import MONTHS, STOP, Token, tokens_of
from selfstudy.self_edits.verbs import BASE, PAST, base_form
from selfstudy.self_edits.worth import SpanKind, worth

# Before a noun phrase: what follows one of these is a thing, not an action.
_OPENERS = frozenset(
    "a an the this that these those its his her their our your my of in on at by for with from into onto as "
    "under over "
    "per each every no called named like through between via near against during after before".split()
)
_EMPTY = frozenset("vain fact way thing things part kind sort rest other others end time place lot".split())
_ORDINALS = frozenset("first second third one".split())
_UNITS = frozenset("one second seconds minute minutes hour hours day days week weeks month months year years".split())


_WITHIN_NAMES = frozenset("of the for & de des du del dei della der den di da dos la le van von bin ibn".split())
_ERAS = frozenset("BC BCE AD CE".split())

_LEAST = 0.05
"""Spans that are asked for less often are worth nothing."""


@dataclass(frozen=True)
class Span:
    """A piece of a sentence: `sentence[start:end]`, its text as an answer, and how it was found."""

    start: int
    end: int
    text: str
    kind: SpanKind
    worth: float  # how likely a person would ask for it, 0 to 1; 0: not worth a question


def _name(tokens: list[Token], i: int) -> int:
    """End of the capitalised name that starts at token i (exclusive), or i if there is none."""
    first = tokens[i]
    if not first.capital or not first.word or first.quoted or first.text in MONTHS:
        return i
    if first.stop or (i == 0 and len(tokens) > 1 and not (tokens[1].capital or len(first.text) > 3)):
        return i
    end = i + 1
    while end < len(tokens):
        t = tokens[end]
        if (t.word and (t.capital or t.number) and not t.quoted and t.text not in MONTHS and not t.stop) or (
            t.text in _WITHIN_NAMES
            and end + 1 < len(tokens)
            and (
                tokens[end + 1].capital
                or (tokens[end + 1].text == "the" and end + 2 < len(tokens) and tokens[end + 2].capital)
            )
            and not tokens[end + 1].stop | (tokens[end + 1].text == "the")
        ):
            end += 1
        else:
            break
    return end


def _number(tokens: list[Token], i: int) -> int:
    """End of the number, date or quantity that starts at token i, its unit included; i if there is none."""
    first = tokens[i]
    if not (first.counted or first.text in MONTHS):
        return i
    end = _counted_until(tokens, i + 1)
    dated = any(t.text in MONTHS for t in tokens[i:end])
    if not dated and end + 1 < len(tokens) and tokens[end].text in ("and", "to") and tokens[end + 1].counted:
        # "7th and 6th centuries", "5 to 10 people", "23 to 26 October": one quantity, whose unit comes last
        end = _counted_until(tokens, end + 2)
        dated = tokens[end - 1].text in MONTHS or tokens[end - 2].text in MONTHS
    if end + 1 < len(tokens) and tokens[end].text == "per" and tokens[end + 1].text == "cent":
        return end + 2
    if dated and end + 1 < len(tokens) and tokens[end].text == "and" and tokens[end + 1].text in MONTHS:
        return end + 2  # "on Tuesdays and Fridays"
    if dated and end < len(tokens) - 1 and tokens[end].text == "," and tokens[end + 1].number:
        return end + 2
    year = tokens[end - 1].number and re.fullmatch(r"1[0-9]{3}|20[0-9]{2}", tokens[end - 1].text) is not None
    if dated or year or ":" in tokens[end - 1].text:
        return end
    units = 0
    while end < len(tokens) and units < 2:
        t = tokens[end]
        if not t.word or t.stop or t.verbal or t.quoted or t.capital:
            break
        end += 1
        units += 1
    return end + 1 if end < len(tokens) and tokens[end].text in _ERAS else end


def _counted_until(tokens: list[Token], end: int) -> int:
    while end < len(tokens) and (tokens[end].counted or tokens[end].text in MONTHS):
        end += 1
    return end


def _verb_like(token: Token) -> bool:
    """After a name a word in -s is more often its verb ("Wave 1 covers") than its noun."""
    return token.verbal or token.text.endswith("s")


def _acts(token: Token) -> bool:
    low = token.text.casefold()
    base = (base_form(low) or ("",))[0]
    return (low.endswith("ing") and len(low) > 6 and low != "building") or base in BASE or base in PAST.values()


def _phrase(tokens: list[Token], i: int) -> int:
    end = i
    while end < len(tokens) and end - i < 4:
        t = tokens[end]
        if not t.word or t.stop or t.quoted or t.number or (t.verbal and end > i):
            break
        if end > i and (t.coded or (t.capital and not tokens[i].capital)):
            break
        end += 1
    return end


def _common_start(tokens: list[Token]) -> bool:
    """A lone capital at the start of a sentence is a common word unless another name stands beside it."""
    paired = len(tokens) > 2 and tokens[1].text in ("and", "or", "&") and tokens[2].capital
    return len(tokens) > 1 and not tokens[1].capital and not paired


def answer_spans(sentence: str, title: str = "") -> tuple[Span, ...]:
    """Candidate answers of a sentence in reading order; none overlaps another.

    Spans that only repeat the title are left out: the question has to name that.
    """
    tokens = tokens_of(sentence)
    known = {w.casefold() for w in re.findall(r"\w+", title)} | {"it"}
    found: list[Span] = []
    i = 0
    while i < len(tokens):
        first, token = i, tokens[i]
        kind: SpanKind
        if token.quoted or token.coded:
            end, kind = i + 1, "code"
        elif (end := _number(tokens, i)) > i:
            kind = "number"
            noun = tokens[i - 1].text if i else ""
            if end - i == 1 and token.number and noun.islower() and noun not in STOP and not tokens[i - 1].verbal:
                kind = "code"  # "room 27", "release 6.14": a name, not a count
        elif (end := _name(tokens, i)) > i and not (i == 0 and end == 1 and _common_start(tokens)):
            kind = "name"
            end = _phrase(tokens, end) if end < len(tokens) and not _verb_like(tokens[end]) else end
        elif not token.word or token.stop or token.verbal or (i == 0 and len(tokens) > 1 and tokens[1].text == ","):
            i += 1  # "Furthermore, ...", "Importantly, ..."
            continue
        else:
            pronoun = tokens[i - 1].text.casefold() if i else ""
            opens = i < 2 or not tokens[i - 2].word or tokens[i - 2].stop
            if pronoun in ("he", "she", "they", "we", "you", "who", "which", "that") or (pronoun == "it" and opens):
                i += 1  # after a pronoun stands a verb
                continue
            end, kind = _phrase(tokens, i), "phrase"
            if end - i > 1 and token.text.endswith("s") and _acts(token):
                i += 1  # "cuts large maps": the verb is no part of the answer
                continue
            before = tokens[i - 1].text.casefold() if i else ""
            # A lower-case run that no article or preposition opens is mostly a verb with its object.
            if before not in _OPENERS and end - i == 1 and len(token.text) < 4:
                i = end
                continue
        if kind == "phrase" and end - i > 1 and token.text == "name":
            i += 1
            token = tokens[i]
        while kind == "phrase" and end - i > 1 and _acts(tokens[end - 1]):
            end -= 1  # "vapour leaves a film", "child playing with": the noun, not its verb
        if kind == "phrase" and i == 0 and end > 1 and _verb_like(tokens[end - 1]):
            end = 1 if _verb_like(tokens[1]) else end
        start, stop = token.start, tokens[end - 1].end
        text = sentence[start:stop]
        if text[0] in '`"“' and len(text) > 2:
            text = text[1:-1].rstrip(".,; \n").strip()
        words = {w.casefold() for w in re.findall(r"\w+", text)}
        i = max(end, i + 1)
        if text and words and not words <= known and not (len(known) > 2 and known <= words | {"it"}) and len(text) > 1:
            opener = tokens[first - 1].text.casefold() if first else ""
            ordinal = kind == "number" and words & _ORDINALS
            asked = 0.0 if ordinal or words <= _UNITS | _EMPTY else worth(kind, tokens, first, end)
            denied = opener in ("no", "not", "never")
            found.append(Span(start, stop, text, kind, 0.0 if denied or asked < _LEAST else asked))
    return tuple(_joined(found, sentence))


def _joined(spans: list[Span], sentence: str) -> list[Span]:
    """Names listed with commas and "and" become one answer: each alone would be half an answer."""
    out: list[Span] = []
    for span in spans:
        start = span.start
        if span.kind == "name" and _listed(out, start, sentence, r",? and |, and | & | or "):
            start = out.pop().start
            while _listed(out, start, sentence, ", "):
                start = out.pop().start
        out.append(span if start == span.start else replace(span, start=start, text=sentence[start : span.end]))
    return out


def _listed(before: list[Span], start: int, sentence: str, between: str) -> bool:
    """Whether the last span is a name, and nothing but `between` stands from there to `start`."""
    if not before or before[-1].kind != "name":
        return False
    return re.fullmatch(between, sentence[before[-1].end : start]) is not None
