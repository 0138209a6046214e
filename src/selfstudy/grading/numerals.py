"""Numbers as they are written and said: "1000", "one thousand", "21st", "twenty-one", "XIV", "2.5 million"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SMALL = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = {word: 10.0 * i for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
# "second" is left out: it is a unit of time as often.
_ORDINALS = {
    "first": 1.0, "third": 3.0, "fourth": 4.0, "fifth": 5.0, "sixth": 6.0, "seventh": 7.0, "eighth": 8.0, "ninth": 9.0,
    "tenth": 10.0, "eleventh": 11.0, "twelfth": 12.0, "thirteenth": 13.0, "fourteenth": 14.0, "fifteenth": 15.0,
    "sixteenth": 16.0, "seventeenth": 17.0, "eighteenth": 18.0, "nineteenth": 19.0, "twentieth": 20.0,
    "thirtieth": 30.0, "fortieth": 40.0, "fiftieth": 50.0,
}  # fmt: skip
_UP_TO_99 = _SMALL | _TENS | _ORDINALS
_FIGURES = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(?:st|nd|rd|th)?")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}


def leading_number(words: Sequence[str]) -> tuple[float, int] | None:
    """The number that the words begin with, and of how many words it is made; None if they begin with none.

    Words are in lower case, hyphens already split: "twenty", "one" is 21; "2.5", "million" is 2,500,000. Figures do not
    add up: "1990", "1995" is 1990, of one word. Neither do numbers that are merely told one after the other.
    """
    whole = part = 0.0  # "two million | three hundred": what a scale has closed, and what is still growing
    room = float("inf")  # a word is added only if it is less than this
    used = 0
    for i, word in enumerate(words):
        if word in _SCALES:
            scale = _SCALES[word]
            part = part if used else 1.0  # "a thousand", the article being a word of its own
            whole, part = (whole, part * scale) if scale == 100 else (whole + part * scale, 0.0)
            room = scale
        elif word == "and" and used and room in (1e2, 1e3) and i + 1 < len(words) and words[i + 1] in _UP_TO_99:
            continue  # "two hundred and five"
        elif word in _UP_TO_99 and _UP_TO_99[word] < room:
            part += _UP_TO_99[word]
            room = 10.0 if word in _TENS else 0.0
        elif not used and (found := _FIGURES.fullmatch(word)):
            part, room = float(found[1]), 0.0
        else:
            break
        used = i + 1
    return (whole + part, used) if used else None


def roman(word: str) -> float | None:
    """The value of a Roman numeral of two letters or more up to XXXIX, as kings and centuries have them."""
    word = word.casefold()
    if len(word) < 2 or not _ROMAN.fullmatch(word):
        return None
    values = [_ROMAN_VALUES[letter] for letter in word]
    return float(sum(v if v >= after else -v for v, after in zip(values, [*values[1:], 0], strict=True)))
