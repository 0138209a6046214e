"""Text to words that can be compared: case, accents, punctuation, possessives and ways to write a number are gone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from selfstudy.grading.numerals import leading_number, roman

ARTICLES = frozenset(("a", "an", "the"))
# Articles, prepositions, pronouns, auxiliaries, connectives and forms of address: they carry little of an answer.
STOP = ARTICLES | frozenset(
    "of in on at by for with from to into onto upon over under about as and or but nor so if than then that this these "
    "those there here it its he she they them him his her hers their theirs we us our you your i me my who whom whose "
    "which what when where why how is are was were be been being am has have had having do does did done can could "
    "will would shall should may might must also just only very too such other another some any each every both all "
    "more most less least much many few several often between among through during against within per via around "
    "itself himself herself themselves mr mrs ms dr rep sen sir".split()
)
_NEGATIONS = frozenset("not no never none nor neither cannot without nobody nothing nowhere".split())
# Where a model that was not taught to stop goes on with another dialogue.
_CHATTER = re.compile(
    r"\n\s*\n"
    r"|\n\s*(?:(?:you are an|user|assistant|human|question|topic|passage|context|explanation)\b|(?:q|answer)\s*:|#)"
    r"|(?<=[.!?])\s*(?:you are an ai|human:|user:|question:|q:|let's think)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^\W*(?:(?:the\s+)?(?:final\s+)?answer\s*(?:is\s*)?:|(?:a|response)\s*:)\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[^\W_]{3})[\"')%]*[.!?]+[\"')]*\s")
_ONE_WAY = {
    "u.s.a.": "usa", "u.s.": "usa", "united states of america": "usa", "united states": "usa", "u.k.": "uk",
    "united kingdom": "uk", "great britain": "britain", "per cent": "percent", "%": " percent ", "&": " and ",
    "television": "tv", "approximately": "about", "roughly": "about", "around": "about",
}  # fmt: skip
_MANY_WAYS = re.compile(
    "|".join(
        rf"(?<!\w){re.escape(way)}(?!\w)" if way[0].isalpha() else re.escape(way)
        for way in sorted(_ONE_WAY, key=len, reverse=True)
    )
)
_MARKS = str.maketrans({**dict.fromkeys("’‘ʼ`´", "'"), "ß": "ss", "æ": "ae", "ø": "o", "ł": "l"})
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W\d_](?![^\W_]))|(?<=[^\W\d_])\.(?=[^\W\d_](?![^\W_]))")
_WORD = re.compile(r"\d+(?:\.\d+)?[^\W\d_]*|[^\W\d_]+(?:'[^\W\d_]+)?|#?[^\W_]+")
_MONTHS = {
    month[:3]: month
    for month in "january february march april june july august september october november december".split()
}


@dataclass(frozen=True)
class Word:
    """A word in lower case, or a number with its value; `capital` tells how it stood in the text."""

    text: str
    number: float | None = None
    capital: bool = False

    @property
    def stop(self) -> bool:
        return self.number is None and self.text in STOP

    @property
    def name(self) -> bool:
        return self.capital and self.number is None

    @property
    def negation(self) -> bool:
        return self.text in _NEGATIONS or self.text.endswith("n't")


def statement(answer: str) -> str:
    """What an answer says, without an opening such as "Answer:" and without other dialogue after it."""
    text = _OPENING.sub("", answer.strip()).strip()
    found = _CHATTER.search(text)
    return text[: found.start()].strip() if found and found.start() > 0 else text


def first_sentence(text: str) -> str:
    """Up to the first full stop, question or exclamation mark, one after an initial or an abbreviation left aside."""
    found = _SENTENCE_END.search(text)
    return text[: found.end()] if found else text


@lru_cache(maxsize=1 << 14)
def words(text: str) -> tuple[Word, ...]:
    """The words of a text in order; a number of several words is one of them."""
    raw = _WORD.findall(_plain(text))
    low = [_MONTHS.get(word.casefold(), word.casefold()) for word in raw]
    found: list[Word] = []
    i = 0
    while i < len(raw):
        capital = raw[i][0].isupper()
        if number := leading_number(low[i : i + 10]):
            value, used = number
            found.append(Word(f"{value:.15g}", value, capital))
            i += used
            continue
        value_of_roman = roman(low[i])
        found.append(Word(low[i] if value_of_roman is None else f"{value_of_roman:.15g}", value_of_roman, capital))
        i += 1
    return tuple(found)


def _plain(text: str) -> str:
    """One way to write what may be written in several; capitals stay where no word was replaced."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_MARKS))
    text = "".join(c for c in decomposed if not unicodedata.combining(c))
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?i)(?<=\w)'s(?!\w)|(?<=s)'(?!\w)", "", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(f"(?i){_MANY_WAYS.pattern}", lambda found: _ONE_WAY[found[0].casefold()], text)
    return _INITIALS.sub(r"\1", text)
