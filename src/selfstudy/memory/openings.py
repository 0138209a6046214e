"""Other openings of a question, by the form of its answer: "After how long does it sleep?" – "25 minutes" is asked
"How many minutes does it sleep?" as well.

Notes ask for a measure in one way and people in another. An adapter that has seen one opening answers "How many
minutes ...?" with another fact's days, though the unit stands in both.
"""

from __future__ import annotations

import re

from selfstudy.self_edits.tokens import COUNT_WORDS, MONTHS

_OPENING = re.compile(
    r"(?:(?:after|for|at|on|in|from|by|until|to|within|over|since|during|about) )?"
    r"(?:how (?:long|much|often|old|far|high|tall|wide|deep|big|large|heavy|fast|late|early|soon)"
    r"|when|(?:which|what) (?:time|year|date|day|month|hour|number|amount|share|length|price|size)|what)\b ?",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:about|around|nearly|almost|over|under|up to|at least|at most|only|exactly) ", re.IGNORECASE)
_YEAR = re.compile(r"1[0-9]{3}|20[0-9]{2}")
_CLOCK = re.compile(r"(?:\d{1,2}[:.]\d\d)(?: ?[ap]\.?m\.?)?|\d{1,2} ?[ap]\.?m\.?|noon|midnight", re.IGNORECASE)
_OF_TIME = re.compile(r"\b(?:when|time|year|date|day|month|hour)\b", re.IGNORECASE)
_OF_DATES = re.compile(r"\d+(?:st|nd|rd|th)?|and|or|of|to", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
MOST_UNIT_WORDS = 2


def other_openings(question: str, answer: str) -> tuple[str, ...]:
    """The question with each opening that its answer's form allows; none if either form is not known."""
    found = _OPENING.match(question)
    if found is None:
        return ()
    asks_time = _OF_TIME.search(found[0]) is not None
    openings = _openings(_ABOUT.sub("", answer.strip().rstrip("."), count=1), asks_time)
    rest = question[found.end() :]
    return tuple(f"{opening} {rest}" for opening in openings if not question.casefold().startswith(opening.casefold()))


def _openings(answer: str, asks_time: bool) -> tuple[str, ...]:
    """A number may be a port as well as a year, and a price or a ratio look like a time: there the question decides."""
    first, *rest = answer.split() or [""]
    if asks_time and _CLOCK.fullmatch(answer):
        return ("When", "At what time")
    if asks_time and _YEAR.fullmatch(answer):
        return ("When", "In which year")
    dated = [word.strip(",") for word in (first, *rest)]
    if MONTHS.intersection(dated) and all(word in MONTHS or _OF_DATES.fullmatch(word) for word in dated):
        return ("When", "On which day") if rest else ("When",)
    if (first.endswith("%") and not rest) or rest in (["per", "cent"], ["percent"]):
        return ("What share", "What percentage")
    counted = first.casefold() in COUNT_WORDS or _NUMBER.fullmatch(first) is not None
    if counted and 0 < len(rest) <= MOST_UNIT_WORDS and all(word.isalpha() and word.islower() for word in rest):
        return (f"How many {' '.join(rest)}",)
    return ()
