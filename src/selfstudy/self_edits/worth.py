"""How likely a person would ask for an answer span: logistic regression on where it stands and what it looks like.

Fitted to the answers that a strong teacher's notes and SQuAD's training questions ask for (`benchmarks/fit_worth.py`);
what no one asks for by rule, an ordinal say, `spans` leaves out before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from selfstudy.self_edits.tokens import Token

SpanKind = Literal["code", "number", "name", "phrase"]

_POSSESSIVES = frozenset("his her their its our your my".split())
_PREPOSITIONS = frozenset(
    "in on at by with for from into onto under over per through via between near against during after before "
    "called named like as".split()
)

WEIGHTS: Mapping[str, float] = {
    "bias": -0.67,
    "code": 1.25,
    "name": 0.65,
    "number": -0.46,
    "number in digits": 1.19,
    "number with a unit": 0.4,
    "one word": -0.92,
    "three words or more": -0.09,
    "short word": -0.32,
    "verb-like end": -0.82,
    "opens the sentence": 0.43,
    "after the": -0.13,
    "after the at the start": -0.5,
    "after a": 0.37,
    "after a possessive": -0.93,
    "after a preposition": 0.28,
    "before of": -0.51,
    "before a name": -0.65,
    "ends a clause": 0.68,
    "before a comma": 0.45,
}
"""In nats; a phrase of two words that nothing of the others is true of has `bias` alone."""


def worth(kind: SpanKind, tokens: Sequence[Token], first: int, end: int) -> float:
    """The probability that `tokens[first:end]` is asked for."""
    return 1 / (1 + math.exp(-sum(WEIGHTS[name] for name in features(kind, tokens, first, end))))


def features(kind: SpanKind, tokens: Sequence[Token], first: int, end: int) -> tuple[str, ...]:
    """The names of what is true of a span; always of `bias`."""
    words = [token for token in tokens[first:end] if token.word]
    opener = tokens[first - 1].text.casefold() if first else ""
    after = tokens[end] if end < len(tokens) else None
    phrase = kind == "phrase"
    longest = max((len(token.text) for token in words), default=0)
    true = {
        "bias": True,
        "code": kind == "code",
        "name": kind == "name",
        "number": kind == "number",
        "number in digits": kind == "number" and any(token.number for token in words),
        "number with a unit": kind == "number" and len(words) > 1,
        "one word": phrase and len(words) == 1,
        "three words or more": len(words) >= 3,
        "short word": phrase and longest <= 4,
        "verb-like end": phrase and bool(words) and words[-1].text.endswith(("ing", "ed")),
        "opens the sentence": first == 0,
        "after the": opener == "the",
        "after the at the start": opener == "the" and first == 1,
        "after a": opener in ("a", "an"),
        "after a possessive": opener in _POSSESSIVES,
        "after a preposition": opener in _PREPOSITIONS,
        "before of": after is not None and after.text == "of",
        "before a name": phrase
        and after is not None
        and (after.quoted or after.coded or after.capital or after.number),
        "ends a clause": after is None or after.text in (".", ";", ":"),
        "before a comma": after is not None and after.text == ",",
    }
    return tuple(name for name, holds in true.items() if holds)
