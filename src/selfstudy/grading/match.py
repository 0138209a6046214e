"""Which words of the gold answer stand in an answer, and what they weigh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from selfstudy.grading.likeness import ALIKE, likeness
from selfstudy.grading.normalise import ARTICLES, Word, words

ASKED_WEIGHT = 0.25
"""Weight of a gold word that stands in the question too: an answer may leave it out. Other words weigh 1."""


@dataclass(frozen=True)
class Gold:
    """A gold answer beside its question.

    `words` are all but articles; `content` are those that carry the answer, all if none does; `asked` tells of each of
    `content` whether the question holds it.
    """

    words: tuple[Word, ...]
    content: tuple[Word, ...]
    asked: tuple[bool, ...]

    @classmethod
    def of(cls, question: str, gold: str) -> Gold:
        all_words = words(gold)
        found = tuple(w for w in all_words if w.text not in ARTICLES) or all_words
        content = tuple(w for w in found if not w.stop) or found
        asked = with_joined(words(question))
        return cls(found, content, tuple(best(w, asked) >= ALIKE for w in content))

    def recall(self, found: Sequence[float]) -> float:
        """Weighted share of `content` that is there; `found` has each word's likeness in the answer."""
        weights = [ASKED_WEIGHT if asked else 1.0 for asked in self.asked]
        return sum(w * f for w, f in zip(weights, found, strict=True)) / sum(weights)


def alike(first: Word, second: Word) -> float:
    """Numbers are alike if equal; a number is never like a word."""
    if first.number is not None or second.number is not None:
        return float(first.number is not None and first.number == second.number)
    return likeness(first.text, second.text)


def best(word: Word, among: Iterable[Word]) -> float:
    """The likeness of the most like."""
    return max((alike(word, each) for each in among), default=0.0)


def found_in(gold: Gold, answer: Sequence[Word]) -> list[float]:
    """How well each word of `gold.content` is found; initials stand for the words they begin, either way round."""
    at_hand = with_joined(answer)
    found = [best(word, at_hand) for word in gold.content]
    named = [i for i, w in enumerate(gold.content) if w.name]
    initials = "".join(gold.content[i].text[0] for i in named)
    if len(initials) > 1 and any(w.text == initials for w in answer):
        for i in named:
            found[i] = 1.0
    begun = "".join(w.text[0] for w in answer if not w.stop)
    for i, word in enumerate(gold.content):
        if word.name and 3 <= len(word.text) <= 5 and word.text in begun:
            found[i] = 1.0
    return found


def with_joined(found: Sequence[Word]) -> list[Word]:
    """The words, and each pair of neighbours as one: "hydro electric" is "hydroelectric"."""
    pairs = pairwise(found)
    return [*found, *(Word(a.text + b.text) for a, b in pairs if a.number is None and b.number is None)]


def in_order(first: Sequence[Word], second: Sequence[Word]) -> float:
    """Summed likeness of the longest common subsequence."""
    row = [0.0] * (len(second) + 1)
    for word in first:
        above = row
        row = [0.0]
        for i, other in enumerate(second):
            row.append(max(above[i + 1], row[-1], above[i] + alike(word, other)))
    return row[-1]
