"""Which question words ask for a span."""

from __future__ import annotations

import re

from selfstudy.self_edits.spans import Span
from selfstudy.self_edits.tokens import MONTHS, Token

_QUANTIFIERS = (("at", "least"), ("at", "most"), ("more", "than"), ("less", "than"), ("fewer", "than"), ("up", "to"))
_SPAN_OF_TIME = frozenset("second minute hour day night week month year decade century".split())
_MONEY = frozenset(
    "crown florin pound dollar euro cent thaler ducat franc shilling penny pence krone mark coin".split()
)


def question_words(span: Span, before: str) -> list[tuple[str, bool]]:
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
    return [("Who", True), ("What", True)] if span.kind == "phrase" and acts(span.text) else [("What", True)]


def acts(noun: str) -> bool:
    """Whether a noun sounds like a person's: joiner, optician, postwoman."""
    return re.search(r"(?:[^aeiou]er|or|ist|ian|man|men|mate|woman|women|nurse|cook|clerk)s?$", noun) is not None


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


def without_quantifier(words: list[str]) -> list[str]:
    for pair in _QUANTIFIERS:
        if tuple(w.casefold() for w in words[-2:]) == pair:
            return words[:-2]
    return words[:-1] if words and words[-1].casefold() in ("about", "around", "nearly", "exactly", "just") else words
