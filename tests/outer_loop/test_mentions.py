"""What a text mentions of a quiz's answers."""

from __future__ import annotations

from math import log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.outer_loop.mentions import mentions

FORTY = " ".join(["word"] * 40)


def _quiz(*answers: str) -> tuple[Question, ...]:
    return tuple(Question("What?", (answer,)) for answer in answers)


@pytest.mark.parametrize(
    ("rows", "answer", "times"),
    [
        ((f"In Warsaw, {FORTY} Warsaw!",), "warsaw", 2),
        ((f"Warsawa {FORTY}",), "Warsaw", 0),
        ((f"New {FORTY}", "York"), "New York", 0),  # no answer reaches from row to row
        ((f"the 13th-century church {FORTY}",), "13th century", 1),
        ((f"{FORTY} anything",), "?", 0),  # an answer without a word
    ],
)
def test_times_in_a_thousand_words(rows: tuple[str, ...], answer: str, times: int) -> None:
    words = sum(len(row.replace("-", " ").split()) for row in rows)
    found = mentions([Row.plain(row) for row in rows], _quiz(answer))
    assert found == pytest.approx(log1p(1000 * times / words))


def test_only_what_is_trained_counts() -> None:
    row = Row.question_answer("Which city is Warsaw?", "Warsaw")
    assert mentions([row], _quiz("Warsaw")) == pytest.approx(log1p(1000 / 30))


def test_the_likelier_of_several_accepted_answers() -> None:
    quiz = (Question("What?", ("the Danes", "Danes")),)
    assert mentions([Row.plain("Danes and Danes")], quiz) == pytest.approx(log1p(2000 / 30))


def test_without_rows_or_questions() -> None:
    assert mentions([], _quiz("Warsaw")) == 0
    assert mentions([Row.plain("Warsaw")], ()) == 0


@given(st.lists(st.sampled_from(["Warsaw", "is", "old", "Danes"]), max_size=60), st.integers(2, 5))
def test_saying_it_all_again_changes_nothing_but_for_short_texts(words: list[str], times: int) -> None:
    """At equal tokens an edit that repeats itself is met as often as one that does not."""
    text, quiz = " ".join(words), _quiz("Warsaw", "Danes")
    once, again = (mentions([Row.plain(text)] * n, quiz) for n in (1, times))
    assert again == pytest.approx(once) if len(words) >= 30 else again >= once
