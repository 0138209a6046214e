"""A question and an answer of another kind are told apart by form."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from selfstudy.documents.lesson_file import read_lessons
from selfstudy.domain.passage import Passage
from selfstudy.self_edits.answer_type import fits

LESSONS = Path(__file__).parents[2] / "examples" / "teaching"
OPENING = "It opened on 4 October 1873, and for 37 nights 22 people slept under a tent; a ticket cost 14 florins."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did it open?", "4 October"),
        ("In what year did it open?", "1873"),
        ("On what date did it open?", "4 October 1873"),
        ("How long did they sleep there?", "37 nights"),
        ("How long did they sleep there?", "37"),
        ("How many nights did they sleep there?", "37"),
        ("How many people slept under a tent?", "22 people"),
        ("How much did a ticket cost?", "14 florins"),
        ("What is the price of a ticket?", "14 florins"),
        ("Who slept under a tent?", "people"),
        ("Where did they sleep?", "a tent"),
        ("Which room is it?", "22"),
        ("On which port does it listen?", "22"),
        ("Into what size of page is it cut?", "22"),
        ("Who slept there?", "22 people"),
        ("How far down does it reach?", "nine metres"),
        ("How long is the bridge?", "71 metres"),
        ("How many maps may be open?", "five sheets"),
        ("When do they meet?", "dawn"),
        ("After what time is it thrown away?", "three days"),
        ("Why?", "a ticket"),
    ],
)
def test_kinds_that_fit(question: str, answer: str) -> None:
    assert fits(question, answer, OPENING)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long does it last?", "4 October"),
        ("How long was it open?", "1873"),
        ("When did they sleep under a tent?", "37 nights"),
        ("When did they sleep?", "a tent"),
        ("How many people slept under a tent?", "37"),
        ("How many days did they sleep?", "22"),
        ("How many tents are there?", "a tent"),
        ("How much did it cost?", "a ticket"),
        ("Who opened it?", "1873"),
        ("Where did they sleep?", "37 nights"),
        ("Which coin is the ticket?", "14"),
        ("What year was it?", "a tent"),
        ("How does it end?", "22"),
        ("How long does it take?", "71 metres"),
        ("Which animal is it?", "14 florins"),
    ],
)
def test_kinds_that_do_not(question: str, answer: str) -> None:
    assert not fits(question, answer, OPENING)


def test_a_teacher_s_questions_fit_their_answers() -> None:
    lessons = [lesson for file in sorted(LESSONS.glob("*.jsonl")) for lesson in read_lessons(file)]
    asked = [(lesson.passage, row) for lesson in lessons for row in lesson.notes]
    refused = [row for passage, row in asked if not fits(row.prompt, row.target, _sentence(passage, row.target))]
    assert len(asked) > 6000
    assert len(refused) < 0.01 * len(asked)


def test_years_and_durations_are_not_mixed_up() -> None:
    """A teacher's questions with another answer of the same passage."""
    lessons = read_lessons(LESSONS / "encyclopedia_history.jsonl")
    wrong = [
        fits(one.prompt, other.target, _sentence(lesson.passage, other.target))
        for lesson in lessons
        for one, other in itertools.permutations(lesson.notes, 2)
        if one.prompt.startswith(("When ", "How long did", "In which year")) and one.target != other.target
    ]
    assert len(wrong) > 500
    assert sum(wrong) < 0.1 * len(wrong)


def _sentence(passage: Passage, answer: str) -> str:
    return next((each for each in passage.sentences if answer.casefold() in each.casefold()), "")
