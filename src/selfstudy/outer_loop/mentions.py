"""What a self-edit could teach, told by its text alone: how often training on it would meet the answers of a quiz.

A look at the text costs no training, and tells apart which of a passage's candidates cannot win: an answer that stands
nowhere in the rows is not learned from them. It is no reward: an edit that lists the answers would win it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import fmean

from selfstudy.domain.quiz import Quiz
from selfstudy.domain.row import Row

_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 30
"""What rows are at least taken for: in one of three words an answer would else stand more often than anywhere."""


def mentions(rows: Sequence[Row], quiz: Quiz) -> float:
    """The mean over questions of log(1 + times), where `times` is how often an accepted answer stands in a thousand
    words of what is trained on: with as many words trained, each further meeting teaches less. 0 for an empty quiz."""
    words = [word for row in rows for word in [*_words(row.target), ""]]  # no answer reaches from one row to the next
    text = _spaced(words)
    num_words = max(_FEWEST_WORDS, sum(map(bool, words)))
    found = [max((text.count(_spaced(_words(answer))) for answer in q.answers if _words(answer)), default=0)
             for q in quiz]  # fmt: skip
    return fmean(math.log1p(1000 * times / num_words) for times in found) if found else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _spaced(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "
