"""A quiz held out from pairs written about a passage before any self-edit is sampled: half rewards, half reports."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question, Quiz
from selfstudy.domain.row import Row


@dataclass(frozen=True)
class HeldOutQuiz:
    """`reward` may steer choices between self-edits; `report` only ever measures. No fact stands in both.

    `own`: the reward questions are the model's own, so that they may teach once the race is over; a user's never do.
    """

    reward: Quiz
    report: Quiz
    own: bool = True

    @property
    def all(self) -> Quiz:
        return (*self.reward, *self.report)


def hold_out(passage: Passage, pairs: Sequence[Row], *, size: int, seed: int) -> HeldOutQuiz:
    """At most `size` questions, one an answer, drawn from `pairs` and split in two halves.

    Answers with several wordings come first, and the last wording is the one held out: what is dropped from self-edits
    as a repeat of the quiz then seldom takes a fact with it.
    """
    by_answer: dict[str, list[Row]] = {}
    for pair in pairs:
        by_answer.setdefault(pair.target.casefold(), []).append(pair)
    generator = random.Random(seed)
    several, single = ([rows for rows in by_answer.values() if (len(rows) > 1) is more] for more in (True, False))
    generator.shuffle(several)
    generator.shuffle(single)
    picked = [*several, *single][:size]
    chosen = [Question(rows[-1].prompt, (rows[-1].target,), passage.document) for rows in picked]
    return HeldOutQuiz(reward=tuple(chosen[0::2]), report=tuple(chosen[1::2]))
