"""The verdict on invented answers, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.quiz import Question
from selfstudy.grading.features import NAMES
from selfstudy.grading.grade import default_grader, is_right, read_grader

KEEPER = Question("Who kept the lighthouse at Varn?", ("Edda Holm",))
BOATS = Question("How many boats lay in the harbour of Varn?", ("twelve boats",))
WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
TEXT = st.lists(WORD | st.integers(0, 99999).map(str), min_size=1, max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        (KEEPER, "The lighthouse at Varn was kept by Edda Holm.", True),
        (KEEPER, "edda holm", True),
        (KEEPER, "The lighthouse at Varn was kept by Jon Brekke.", False),
        (KEEPER, "It was kept by Per Lund, and later by Jon Brekke", False),
        (BOATS, "12", True),
        (BOATS, "There were 12 boats in the harbour.", True),
        (BOATS, "There were 40 boats in the harbour.", False),
        (Question("When did the mill burn?", ("4 May 1911",)), "It burnt on May 4, 1911.", True),
        (Question("When did the mill burn?", ("4 May 1911",)), "It burnt in 1923.", False),
        (Question("Why did she leave?", ("to purchase timber",)), "She left in order to buy timber.", True),
        (Question("What grew?", ("barley", "oats")), "oats", True),
        (Question("Which sign is on the door?", ("+",)), "It is +.", True),
        (Question("Which sign is on the door?", ("+",)), "It is -.", False),
    ],
)
def test_invented_answers(question: Question, answer: str, right: bool) -> None:
    assert is_right(question, answer) is right


@pytest.mark.parametrize("answer", ["", " \n", "unknown", "I do not know.", "The passage does not mention it.", "..."])
@pytest.mark.parametrize("question", [KEEPER, BOATS])
def test_no_answer_is_wrong(question: Question, answer: str) -> None:
    assert not is_right(question, answer)


@given(TEXT, TEXT)
def test_the_gold_answer_is_right(question: str, gold: str) -> None:
    assert is_right(Question(question, (gold,)), gold)


@given(TEXT, TEXT, TEXT)
def test_case_and_space_change_nothing(question: str, gold: str, answer: str) -> None:
    asked = Question(question, (gold.title(),))
    verdict = default_grader().grade(asked, answer)
    assert default_grader().grade(asked, f"  {answer.upper().replace(' ', '  ')} ") == verdict


@given(TEXT, st.lists(st.text("bcd", min_size=4, max_size=8), min_size=1).map(" ".join))
def test_an_unrelated_answer_is_wrong(question: str, answer: str) -> None:
    assert not is_right(Question(question, ("Xyvolk Wraith",)), answer)


@given(st.integers(0, 10**6))
def test_forms_of_a_number_are_right_either_way_round(number: int) -> None:
    plain, separated = str(number), f"{number:,}"
    for gold, answer in ((plain, separated), (separated, plain)):
        assert is_right(Question("How many?", (gold,)), answer)
        assert not is_right(Question("How many?", (gold,)), f"{number + 1:,}")


@given(TEXT, st.lists(TEXT, min_size=1, max_size=3), TEXT)
def test_more_accepted_answers_never_make_it_wrong(question: str, golds: list[str], answer: str) -> None:
    alone = [is_right(Question(question, (gold,)), answer) for gold in golds]
    assert is_right(Question(question, tuple(golds)), answer) == any(alone)


@given(st.text(max_size=60), st.text(min_size=1, max_size=20), st.text(max_size=80))
def test_any_text_gets_a_verdict(question: str, gold: str, answer: str) -> None:
    verdict = default_grader().grade(Question(question, (gold,)), answer)
    assert (verdict.rule is None) == (verdict.features is not None)
    assert verdict.right == (verdict.score > 0)


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    file.write_text(json.dumps({"bias": 0, "weights": dict.fromkeys(NAMES[1:], 0)}), encoding="utf-8")
    with pytest.raises(ValueError, match="no weights for the features of this version"):
        read_grader(file)


def test_a_long_answer_is_graded_in_no_time() -> None:
    assert not is_right(KEEPER, "the harbour of another town " * 100_000)
