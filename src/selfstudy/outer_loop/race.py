"""A race between the self-edits of a passage by successive halving (Jamieson and Talwalkar 2016): all start, after each
rung the better half goes on, after the last the best is left.

A rung of 0 tokens trains nothing: it looks at what the rows mention of the answers, and a quarter is out, for it tells
who cannot win better than who does. Gains of short trainings order siblings otherwise than a full one does, so that
what a look at all of them would cost is better spent on few; and what was seen of the text still counts beside them,
for the two err differently (LOG.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from selfstudy.domain.measured import Measured
from selfstudy.domain.quiz import Quiz
from selfstudy.outer_loop.contract import Candidate
from selfstudy.outer_loop.exam import Exam
from selfstudy.outer_loop.mentions import mentions
from selfstudy.outer_loop.rewards import NATS, AnyReward

WORTH = 0.15
"""Nats a token that a unit of `mentions` counts for beside a gain, once the text was looked at. On four sets of fifty
passages 0.15 kept 0.81 of a full evaluation's gain in the mean, 0 kept 0.74, 0.3 kept 0.76, with trainings of few
steps; with more steps it hardly matters (0.82, 0.80, 0.82 on fifty others; LOG.md)."""

Measure = Callable[[Sequence[Candidate], int, int], Sequence[Measured]]
"""What candidates measure after so many tokens of training each, in a rung of this number."""


@dataclass(frozen=True)
class Rung:
    """A rung that trained: the places of those who ran it, what each measured, and who of them goes on (after the last
    rung: who is taken)."""

    number: int
    tokens: int
    places: tuple[int, ...]
    measured: tuple[Measured, ...]
    stay: frozenset[int]


def race(
    candidates: Sequence[Candidate],
    exams: Mapping[str, Exam],
    reward: AnyReward,
    rungs: Sequence[int],
    measure: Measure,
) -> Iterator[Rung]:
    """The rungs that train, one by one; `rungs` are their tokens a candidate, 0 for the look at the text.

    A failed trial stands last; of equal ones the first sampled stands first. `exams` are by passage. After a look at
    the text, `WORTH` times what was mentioned is added to rewards that are gains in nats.
    """
    looked: dict[int, float] = {}
    alive: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        alive.setdefault(candidate.edit.passage, []).append(place)
    for number, tokens in enumerate(rungs):
        places = tuple(place for siblings in alive.values() for place in siblings)
        measured: tuple[Measured, ...] = ()
        if tokens:
            measured = tuple(measure([candidates[place] for place in places], tokens, number))
            standing = {
                place: _value(reward, each) + looked.get(place, 0.0)
                for place, each in zip(places, measured, strict=True)
            }
        else:
            standing = {place: _mentioned(candidates[place], exams, reward) for place in places}
            if reward.unit == NATS:
                looked = {place: WORTH * mentioned for place, mentioned in standing.items()}
        share = 1 / 2 if tokens else 3 / 4
        alive = {
            passage: _best(siblings, standing, 1 if number + 1 == len(rungs) else math.ceil(len(siblings) * share))
            for passage, siblings in alive.items()
        }
        if tokens:
            stay = frozenset(place for siblings in alive.values() for place in siblings)
            yield Rung(number, tokens, places, measured, stay)


def _best(siblings: Sequence[int], standing: Mapping[int, float], most: int) -> list[int]:
    """The best `most`, in the order of sampling."""
    ranked = sorted(siblings, key=lambda place: (-standing[place], place))
    return sorted(ranked[:most])


def _value(reward: AnyReward, measured: Measured) -> float:
    found = reward(measured)
    return -math.inf if found is None else found.value


def _mentioned(candidate: Candidate, exams: Mapping[str, Exam], reward: AnyReward) -> float:
    asked = exams[candidate.edit.passage].asked
    quiz: Quiz = tuple(question for measure in sorted(reward.needs) for question in asked.get(measure, ()))
    return mentions(candidate.edit.rows, quiz)
