"""Questions asked by the form of their answer."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.memory.curriculum import Rewording
from selfstudy.memory.openings import other_openings


@pytest.mark.parametrize(
    ("question", "answer", "others"),
    [
        ("After how long does the server sleep?", "25 minutes", ("How many minutes does the server sleep?",)),
        ("What is the limit of a group?", "about 22 people", ("How many people is the limit of a group?",)),
        ("How far away must flowers stand?", "at least two metres", ("How many metres away must flowers stand?",)),
        ("How big is the hall?", "1,200 square metres.", ("How many square metres is the hall?",)),
        ("When was it founded?", "1873", ("In which year was it founded?",)),
        ("In which year was it founded?", "1873", ("When was it founded?",)),
        ("When does the day begin?", "6:25", ("At what time does the day begin?",)),
        ("When do they meet?", "4 October", ("On which day do they meet?",)),
        ("When in the week is it open?", "Tuesdays and Fridays", ("On which day in the week is it open?",)),
        ("In which month do they meet?", "April", ("When do they meet?",)),
        ("What share is lost?", "12 per cent", ("What percentage is lost?",)),
    ],
)
def test_an_answers_form_gives_other_openings(question: str, answer: str, others: tuple[str, ...]) -> None:
    assert other_openings(question, answer) == others


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many minutes does the server sleep?", "25 minutes"),  # it names the unit already
        ("For how many nights was a tent used?", "37 nights"),
        ("What is the limit of open maps?", "48"),  # of what, the answer does not say
        ("What code is harmless?", "TS66"),
        ("Who keeps the lamp?", "Ines Holt"),
        ("Why is it closed?", "25 minutes"),
        ("What is said of it?", "3 of the tents are torn"),
        ("What is it?", ""),
        ("What is the port?", "1873"),  # a number, but no year
        ("What is the ratio?", "16:10"),
        ("What is served?", "Sunday roast"),
        ("What is it on?", "second floor"),
        ("What is it called?", "Seven Sisters"),
        ("How much is left?", "half an hour"),
        ("", "25 minutes"),
    ],
)
def test_where_either_form_is_unknown_there_are_none(question: str, answer: str) -> None:
    assert other_openings(question, answer) == ()


@given(st.text(), st.text())
def test_any_text_is_taken(question: str, answer: str) -> None:
    assert question not in other_openings(question, answer)


def test_a_share_of_the_questions_is_reopened_and_the_others_stay() -> None:
    rewording, rng = Rewording(clean=1.0, reopened=0.5), random.Random(0)
    said = [rewording.apply("How long does it sleep?", "25 minutes", lambda _: (), rng) for _ in range(400)]
    assert set(said) == {"How long does it sleep?", "How many minutes does it sleep?"}
    assert 150 < said.count("How many minutes does it sleep?") < 250
    assert rewording.apply("Who keeps it?", "Ines", lambda _: (), rng) == "Who keeps it?"
