"""What is measured of an answer before it is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from math import log1p

from rapidfuzz.fuzz import partial_ratio

from selfstudy.grading.likeness import ALIKE
from selfstudy.grading.match import Gold, best, found_in, in_order, with_joined
from selfstudy.grading.normalise import Word, first_sentence, statement, words

MOST_WORDS = 400
"""Words of an answer that are looked at: work grows with their number times the gold answer's."""


@dataclass(frozen=True)
class Features:
    """Shares and flags between 0 and 1, except for `words_after`, a logarithm.

    The gold answer's *words* are those that carry it; *fresh* ones do not stand in the question; *most* of it is there
    where more than half of its words' weight is. Half of a gold answer is rarely right and more of it mostly is, so
    what counts is on which side of one half an answer lies.

    recall: weighted share of gold words found, full at one half.
    ordered: share of gold words found in the gold answer's order, where most is there.
    words_after: log(1 + number of new words after the last gold one), where most is there.
    negated: most is there, and the answer holds a negation, question and gold answer none.
    precision: share of the new words of the first sentence that are in the gold answer.
    near_text: best match of the gold answer's characters anywhere in the answer (rapidfuzz's partial ratio).
    named: the gold answer holds a fresh name, that is a word with a capital.
    names_found: share of those names found, where at least four fifths of the weight are.
    other_number: the gold answer holds a number, and the answer one that is neither in it nor in the question.
    listed: the weighted share, where the gold answer joins several things: a list half told is wrong.
    """

    recall: float
    ordered: float
    words_after: float
    negated: float
    precision: float
    near_text: float
    named: float
    names_found: float
    other_number: float
    listed: float

    def values(self) -> tuple[float, ...]:
        return tuple(getattr(self, name) for name in NAMES)


NAMES = tuple(field.name for field in fields(Features))


def features(question: str, gold: str, answer: str) -> Features | None:
    """None where there is nothing to weigh: the answer holds no word of the gold one."""
    target, text = Gold.of(question, gold), statement(answer)
    given = words(text)[:MOST_WORDS]
    if not target.words or not given or max(found := found_in(target, given)) == 0:
        return None
    asked = words(question)
    known = _Known(asked)
    recall = target.recall(found)
    most = recall > 0.5
    new = [w for w in given if not known.holds(w)]
    new_first = [w for w in words(first_sentence(text))[:MOST_WORDS] if not known.holds(w)]
    at_gold = [i for i, w in enumerate(new) if best(w, target.content) >= ALIKE]
    names = [f for w, f, was_asked in zip(target.content, found, target.asked, strict=True) if w.name and not was_asked]
    return Features(
        recall=min(recall / 0.5, 1.0),
        ordered=in_order(target.content, [w for w in given if not w.stop]) / len(target.content) * most,
        words_after=log1p(len(new) - 1 - at_gold[-1]) * most if at_gold else 0.0,
        negated=float(most and _negated(given) and not _negated((*asked, *target.words))),
        precision=_share_in(new_first, target.words),
        near_text=partial_ratio(_joined(target.words), _joined(given)) / 100,
        named=float(bool(names)),
        # Rounded, since a sum of weighted likenesses may miss four fifths by a hair.
        names_found=sum(names) / len(names) if names and round(recall, 6) >= ALIKE else 0.0,
        other_number=float(_other_number(target.words, given, asked)),
        listed=recall * bool(re.search(r",|;|\band\b", gold)),
    )


class _Known:
    """Words that tell nothing new: stop words and those of the question."""

    def __init__(self, asked: tuple[Word, ...]) -> None:
        self._asked = with_joined(asked)

    def holds(self, word: Word) -> bool:
        return word.stop or best(word, self._asked) >= ALIKE


def _share_in(some: list[Word], gold: tuple[Word, ...]) -> float:
    return sum(best(word, with_joined(gold)) for word in some) / len(some) if some else 0.0


def _negated(found: tuple[Word, ...]) -> bool:
    return any(word.negation for word in found)


def _other_number(gold: tuple[Word, ...], given: tuple[Word, ...], asked: tuple[Word, ...]) -> bool:
    right = {word.number for word in gold} - {None}
    known = right | {word.number for word in asked}
    return bool(right) and any(word.number is not None and word.number not in known for word in given)


def _joined(found: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in found)
