"""A question and an answer of another kind are told apart by form."""

from __future__ import annotations

import pytest

from selfstudy.self_edits.answer_type import fits

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
        ("Who slept there?", "22 people"),
        ("Who opened it?", "1873"),
        ("Where did they sleep?", "37 nights"),
        ("Which coin is the ticket?", "14"),
        ("What year was it?", "a tent"),
    ],
)
def test_kinds_that_do_not(question: str, answer: str) -> None:
    assert not fits(question, answer, OPENING)
