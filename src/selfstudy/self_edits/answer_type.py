"""Does an answer have the type that its question asks for?

Small models often pair a good question with an answer of another kind ("How long does it last?" – "4 October"). The
question's first words tell the kind; what cannot be told apart by form is let through.
"""

from __future__ import annotations

import re

from selfstudy.self_edits.tokens import MONTHS, STOP

_CLOCK = re.compile(r"\d{1,2}[:.]\d\d|noon|midnight|\d{1,2} ?[ap]\.?m", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[0-9]{3}|20[0-9]{2})s?(?:[–/-][0-9]{2,4})?")
_AGES = frozenset("century centuries BC BCE AD CE".split())
_DURATION = re.compile(
    r"(second|minute|hour|day|night|week|fortnight|month|year|decade|summer|winter)s?", re.IGNORECASE
)
_COUNT_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty fifty hundred thousand "
    "million half twice once".split()
)
_NUMBERED = frozenset("number room page code box port version line level age size price length width height".split())
_ASKS = re.compile(
    r"(?:(?:at|on|in|from|by|until|for|to|with) )?"
    r"(how many times|how many|how long|how much|how often|when|what time|which time|what year|which year|what date|"
    r"which date|what day|which day|who|where)\b ?(.*)",
    re.IGNORECASE,
)


def fits(question: str, answer: str, sentence: str) -> bool:
    """False where the form of `answer`, as it stands in `sentence`, contradicts what `question` asks for."""
    match = _ASKS.match(question)
    counted = _counted(answer)
    if match is None:
        asked = re.match(r"(?:which|what) (\w+)", question, re.IGNORECASE)
        noun = asked[1].casefold() if asked else ""
        # "Which coin is the ticket?" – "14": a count needs "how many", unless it is a number, code or size by name.
        return not counted or _dated(answer) or noun in _NUMBERED or noun in STOP
    kind, rest = match[1].casefold(), match[2]
    if kind in ("when", "what time", "which time") or kind.split()[-1] in ("year", "date", "day"):
        return _dated(answer)
    if kind == "how long":
        return counted and (_DURATION.search(answer) or _unit(answer, sentence, _DURATION)) is not None
    if kind == "how many":
        return counted and bool({_stem(w) for w in rest.split()[:2]} & _following(answer, sentence))
    if kind in ("how much", "how many times", "how often"):
        return counted or kind == "how often"
    if kind == "who":
        return not counted and not _dated(answer) and not re.search(r"\d", answer)
    return not counted and not _dated(answer)  # where


def _counted(answer: str) -> bool:
    first = answer.split()[0].strip("$€£`").casefold() if answer.split() else ""
    return (first[:1].isdigit() and "-" not in first) or first in _COUNT_WORDS


def _dated(answer: str) -> bool:
    words = {w.strip(",.") for w in answer.split()}
    singular = {w.removesuffix("s") for w in words}
    return (
        bool((words | singular) & (MONTHS | _AGES)) or bool(_CLOCK.fullmatch(answer)) or bool(_YEAR.fullmatch(answer))
    )


def _following(answer: str, sentence: str) -> set[str]:
    """Stems of the words that the answer's number counts: the rest of the answer, and what follows it."""
    words = [*answer.split()[1:]]
    found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w)\W*((?:\w+ ?){{0,2}})", sentence)
    words += found[1].split() if found else []
    return {_stem(w) for w in words}


def _unit(answer: str, sentence: str, units: re.Pattern[str]) -> re.Match[str] | None:
    found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w) (\w+)", sentence)
    return units.fullmatch(found[1]) if found else None


def _stem(word: str) -> str:
    return re.sub(r"(es|s)$", "", word.casefold().strip(",.;?"))
