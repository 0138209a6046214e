"""Scores of answers before and after."""

from __future__ import annotations

from dataclasses import replace

from selfstudy.domain.quiz import Question
from selfstudy.domain.version import Score
from selfstudy.memory.answering import score_apart
from tests.store.small import SCORES


def test_what_was_right_before_is_counted_apart_from_what_was_wrong() -> None:
    quiz = tuple(Question(f"What is number {n}?", (str(n),)) for n in range(5))
    assert score_apart(quiz, ["0", "1", "2", "-", "-"], ["0", "-", "-", "3", "-"]) == (Score(1, 3), Score(1, 2))


def test_all_questions_on_earlier_documents_then_and_now() -> None:
    scores = replace(SCORES, earlier=Score(1, 3), earlier_new=Score(1, 2))
    assert (scores.earlier_before, scores.earlier_after) == (Score(3, 5), Score(2, 5))
