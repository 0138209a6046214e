"""The rows of one training run in order: notes again and again in changing words, general rows in between."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from selfstudy.domain.row import Row, Segment
from selfstudy.domain.token_row import TokenRow
from selfstudy.memory.openings import other_openings
from selfstudy.self_edits.asking import span_of
from selfstudy.self_edits.verbs import AUXILIARIES

MOST_REHEARSED = 200
"""Rehearsed rows an epoch, where there are few new ones; not tuned (the gate tells what was forgotten)."""
Item = TypeVar("Item")
Synonyms = Callable[[str], Sequence[str]]
"""Words that may stand for a word; empty where none is known."""


@dataclass(frozen=True)
class Rewording:
    """How questions change from one epoch to the next, so that their sense is learned and not their wording.

    A share `reopened` of those whose answer's form allows it begins otherwise (`other_openings`). Then a share `clean`
    stays as it is; in the others each word is dropped with a probability drawn from [0, `most_dropped`], or swapped for
    a synonym with probability `swapped`.
    """

    clean: float = 0.3
    most_dropped: float = 0.5
    swapped: float = 0.3
    reopened: float = 0.4

    def apply(self, question: str, answer: str, synonyms: Synonyms, rng: random.Random) -> str:
        openings = other_openings(question, answer)
        if openings and rng.random() < self.reopened:
            question = rng.choice(openings)
        if rng.random() < self.clean:
            return question
        drop = rng.uniform(0, self.most_dropped)
        kept = []
        for word in question.split():
            if rng.random() < self.swapped:
                match = re.fullmatch(r"(\W*)(\w+)(\W*)", word)
                others = synonyms(match[2]) if match else ()
                if match and others:
                    word = match[1] + rng.choice(others) + match[3]
            elif rng.random() < drop and not word.endswith("?"):
                continue
            kept.append(word)
        return " ".join(kept) if len(kept) > 1 else question


def curriculum(
    rows: Sequence[Row],
    general: Sequence[TokenRow],
    encode: Callable[[Row], TokenRow],
    *,
    epochs: int,
    general_share: float,
    rewording: Rewording,
    synonyms: Synonyms,
    seed: int,
    known: Sequence[Row] = (),
) -> tuple[TokenRow, ...]:
    """Every epoch: all `rows`, some of `known` (`rehearsals`), and general rows as `general_share` of it, shuffled.

    Questions are reworded, and answers that are no clauses lose a first article.

    General rows come round robin through a shuffled list, so that each is seen about equally often; so do known ones.
    """
    rng = random.Random(seed)
    supply, rehearsed = _endless(general, rng), _endless(known, rng)
    again = rehearsals(len(known), len(rows))
    extra = round((len(rows) + again) * general_share / (1 - general_share)) if general else 0
    out: list[TokenRow] = []
    for _ in range(epochs):
        taught = [*rows, *(next(rehearsed) for _ in range(again))]
        epoch = [encode(_reworded(row, rewording, synonyms, rng)) for row in taught]
        epoch += [next(supply) for _ in range(extra)]
        rng.shuffle(epoch)
        out += epoch
    return tuple(out)


def _reworded(row: Row, rewording: Rewording, synonyms: Synonyms, rng: random.Random) -> Row:
    return replace(row, segments=tuple(_segment(s, row.target, rewording, synonyms, rng) for s in row.segments))


def _segment(segment: Segment, answer: str, rewording: Rewording, synonyms: Synonyms, rng: random.Random) -> Segment:
    if segment.role == "user":
        return replace(segment, text=rewording.apply(segment.text, answer, synonyms, rng))
    if segment.role == "assistant":
        return replace(segment, text=_bare(segment.text))
    return segment


def _bare(answer: str) -> str:
    """The answer without a first article; a clause and a sentence keep theirs.

    Where many answers begin with "the", its first place gathers their shares, and a greedy answer to whatever is not
    known well is one of them.
    """
    is_clause = answer.rstrip().endswith((".", "!", "?")) or AUXILIARIES & set(answer.casefold().split())
    return answer if is_clause else span_of(answer)


def rehearsals(known: int, new: int) -> int:
    """How many of `known` rows that were learned before come again in an epoch of `new` ones.

    All of them; of many only so many that what a learning costs does not grow with all that was learned before it.
    """
    return min(known, max(MOST_REHEARSED, 2 * new))


def _endless(rows: Sequence[Item], rng: random.Random) -> Iterator[Item]:
    while True:
        order = list(rows)
        rng.shuffle(order)
        yield from order
