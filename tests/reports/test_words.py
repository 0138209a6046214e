"""Sentences, numbers and what is highlighted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.quiz import Question
from selfstudy.domain.version import Score
from selfstudy.reports import wording
from selfstudy.reports.cards import marked
from selfstudy.reports.meaning import meaning
from tests.reports.job import scores

NOTHING = Score(0, 0)


def test_the_finding_leaves_out_what_was_not_measured() -> None:
    full = scores("user", Score(0, 18), Score(10, 18), 140, 123)
    assert wording.finding(full) == "0 of 18 right before, 10 after; 140 of 142 general questions kept."
    assert wording.finding(replace(full, kept=NOTHING)) == "0 of 18 right before, 10 after."
    assert wording.finding(replace(full, before=NOTHING, kept=NOTHING)) == "10 of 18 right after learning."
    assert wording.finding(replace(full, before=NOTHING, after=NOTHING, kept=NOTHING)).startswith("No question was")


@pytest.mark.parametrize(
    ("value", "text"), [(0.954, "+0.95"), (-0.125, "−0.12"), (0.0, "0.00"), (-0.001, "0.00"), (12.0, "+12.00")]
)
def test_gains_have_a_sign(value: float, text: str) -> None:
    assert wording.gain(value, None) == text
    assert wording.gain(value, 0.2) == f"{text} ± 0.20"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.7, "1 min 00 s"), (256.4, "4 min 16 s"), (3600, "1 h 00 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_dates() -> None:
    assert wording.date("2026-08-20T09:14:03+00:00") == "2026-08-20 09:14 UTC"
    assert wording.date("2026-08-20T09:14:03") == "2026-08-20 09:14"
    assert wording.date("last summer") == "last summer"


def test_counts() -> None:
    assert wording.counted(1, "row") == "1 row"
    assert wording.counted(0, "row") == "0 rows"
    assert wording.counted(12_000, "row") == "12,000 rows"


word = st.text("abcXYZ019", min_size=1, max_size=4)


@given(st.text("abcXYZ019 .,(", max_size=40), st.lists(word, max_size=3))
def test_highlighted_is_what_counts_as_an_answer(text: str, answers: list[str]) -> None:
    found = marked(text, answers)
    assert found.head + found.mark + found.tail == text.strip()
    assert bool(found.mark) == Question("?", tuple(answers)).accepts(text)


def test_the_longest_accepted_answer_is_highlighted() -> None:
    assert marked("On 94.7 megahertz.", ("94.7", "94.7 Megahertz", "7")).mark == "94.7 megahertz"


def test_the_advice_on_retrieval_fits_the_figures() -> None:
    made = scores("user", Score(0, 18), Score(10, 18), 142, 123)
    better, worse, unknown = (
        " ".join(meaning(made, retrieval, raced=True)) for retrieval in (Score(11, 18), Score(9, 18), None)
    )
    assert "Here retrieval answered 11 of 18, more than this version (10 of 18)." in better
    assert "Here retrieval answered 9 of 18, this version 10 of 18." in worse
    assert "Here retrieval" not in unknown
    assert all("Retrieval is the better choice where" in said for said in (better, worse, unknown))


def test_a_quiz_of_the_models_own_is_called_easier() -> None:
    made = scores("self", Score(0, 12), Score(10, 12), 142, 123)
    assert "A person's questions are harder" in " ".join(meaning(made, None, raced=False))
    assert not any("sibling" in said for said in meaning(made, None, raced=False))
