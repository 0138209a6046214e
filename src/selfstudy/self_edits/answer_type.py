"""Does an answer have the type that its question asks for?

Small models often pair a good question with an answer of another kind ("How long does it last?" – "4 October"). The
question's first words tell the kind; what cannot be told apart by form is let through. Of the 6,432 questions in the
notes of `examples/teaching`, all right, 0.4 % are refused; with another answer of the same passage a sixth of them.
"""

from __future__ import annotations

import re

from selfstudy.self_edits.tokens import COUNT_WORDS, MONTHS, STOP

_CLOCK = re.compile(r"\d{1,2}[:.]\d\d|\d{1,2} ?[ap]\.?m", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[0-9]{3}|20[0-9]{2})s?(?:[–/-][0-9]{2,4})?")
_AGES = frozenset("century centuries BC BCE AD CE".split())
_TIMES = frozenset(
    "dawn dusk noon midday midnight sunrise sunset morning evening afternoon night spring summer autumn winter season "
    "day week weekend month year today o'clock past moon tide harvest eve easter christmas whitsun "
    "carnival".split()
)
_DURATIONS = frozenset(
    "second minute hour day night week fortnight month year decade summer winter millisecond".split()
)
_MEASURES = _DURATIONS | frozenset(
    "metre kilometre centimetre millimetre meter mile inch foot gram kilogram ton tonne litre hectare acre degree "
    "pixel euro pound dollar crown franc florin thaler ducat guinea mark cent penny percent byte kilobyte megabyte "
    "gigabyte volt watt hertz".split()
)
_COUNT_WORDS = COUNT_WORDS | {"half", "twice", "once"}
_HEDGES = re.compile(
    r"^(?:(?:about|around|over|under|nearly|almost|some|roughly|more than|less than|up to|at least|minus|between|every|"
    r"the|an?|just|only)\s+)+"
)
_QUANTITIES = frozenset(
    "number room page code box port version line level age size price length width height year time date day hour "
    "total sum amount quantity share part proportion percentage fraction ratio rate area distance stretch span "
    "depth altitude diameter thickness weight load force speed temperature interval intervals period duration delay "
    "pause cost costs fee fare value figure score count tally limit minimum maximum capacity scale exit error form "
    "route platform house floor difference margin".split()
)
_ASKS = re.compile(
    r"(?:\w+ ){0,2}?(how many times|how many|how long|how much|how often|how (?:far|large|big|heavy|high|old|tall|deep|"
    r"wide|thick|fast|hot|cold|small|warm|broad|quickly|soon)|when|what times?|which time|which year|what year|"
    r"what date|which date|what day|which day|whom|who|where)\b ?(.*)",
    re.IGNORECASE,
)
_THING = re.compile(r"(?:\w+ ){0,4}?(?:which|what) (.*)", re.IGNORECASE)
_MANNER = re.compile(r"(?:why|how (?:do|does|did|can))\b", re.IGNORECASE)
_STATE = re.compile(r"(?:is|are|was|were) .*|.* be\?", re.IGNORECASE)


def fits(question: str, answer: str, sentence: str) -> bool:
    """False where the form of `answer`, as it stands in `sentence`, contradicts what `question` asks for."""
    match = _ASKS.match(question)
    counted, dated, units = _counted(answer), _dated(answer), _units(answer, sentence)
    if match is None:
        return _named(question, answer, counted and not dated, units)
    kind, rest = match[1].casefold(), match[2]
    if kind.startswith(("what time", "which time")):
        return dated or _timed(answer) or bool(units & _DURATIONS)
    if kind == "when":
        return dated or (_timed(answer) and not (counted and units & _DURATIONS))
    if kind.endswith("year"):
        return dated or re.fullmatch(r"\d{3,4}", answer) is not None
    if kind.endswith(("date", "day")):
        return dated or _timed(answer)
    if kind == "how long":
        lasts = bool(units & _DURATIONS) or bool(_stems(answer) & _DURATIONS)
        # "How long is the bridge?" may ask for metres, "How long does it take?" not.
        return (lasts and not dated) or (counted and not dated and _STATE.fullmatch(rest) is not None)
    if kind == "how many":
        asked = {_stem(word) for word in rest.split()[:3]}
        return counted and (bool(asked & units) or not (asked | units) & _MEASURES)
    if kind in ("how much", "how many times"):
        return counted or bool(_stems(answer) & _MEASURES)
    if kind.startswith("how"):
        return kind == "how often" or counted or len(answer.split()) > 1
    if kind in ("who", "whom"):
        return not dated and (not counted or (bool(units) and not units & _MEASURES))
    return not counted and not dated  # where


def _named(question: str, answer: str, counted: bool, units: set[str]) -> bool:
    """A count answers what asks for a quantity: "Which coin is the ticket?" – "14" needs "how many"."""
    asked = _THING.match(question)
    if not counted or asked is None:
        return not counted or _MANNER.match(question) is None
    words = [word.casefold() for word in re.findall(r"\w+", asked[1])[:4]]
    if not words or words[0] in STOP or set(words) & _QUANTITIES:
        return True
    return len(answer.split()) > 1 and (not units & _MEASURES or bool(set(map(_stem, words)) & units))


def _counted(answer: str) -> bool:
    plain = _HEDGES.sub("", answer.casefold().strip("$€£`"))
    first = plain.split()[0].strip("$€£`") if plain.split() else ""
    spelled = bool(first) and all(part in _COUNT_WORDS for part in first.split("-"))
    return (first[:1].isdigit() and "-" not in first) or spelled


def _dated(answer: str) -> bool:
    words = {w.strip(",.") for w in answer.split()}
    singular = {w.removesuffix("s") for w in words}
    return (
        bool((words | singular) & (MONTHS | _AGES)) or bool(_CLOCK.fullmatch(answer)) or bool(_YEAR.fullmatch(answer))
    )


def _timed(answer: str) -> bool:
    return bool(_stems(answer) & _TIMES) or _CLOCK.search(answer) is not None


def _units(answer: str, sentence: str) -> set[str]:
    """Stems of what the answer's number counts: the rest of the answer, or of a bare number what follows it."""
    words = answer.split()[1:]
    if not words:
        found = re.search(rf"(?<!\w){re.escape(answer)}(?!\w) ((?:\w+ ?){{0,2}})", sentence)
        words = found[1].split() if found else []
    return {_stem(word) for word in words}


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in re.findall(r"[\w'’]+", text)}


def _stem(word: str) -> str:
    low = word.casefold().strip(",.;?")
    return low.removesuffix("s") if len(low) > 3 else low
