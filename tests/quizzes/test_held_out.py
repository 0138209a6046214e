"""Held-out quizzes: one question an answer, two halves without a common fact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.passage import Passage
from selfstudy.domain.row import Row
from selfstudy.quizzes.held_out import hold_out

PASSAGE = Passage("lamp.md", "Lamp", "A lamp.")
_PAIRS = st.lists(
    st.tuples(st.text("abc?", min_size=1, max_size=6), st.sampled_from(["Ines", "ines", "17", "oven", "x"]))
)


@given(_PAIRS, st.integers(0, 6), st.integers(0, 9))
def test_halves_share_no_fact_and_hold_at_most_size(pairs: list[tuple[str, str]], size: int, seed: int) -> None:
    rows = [Row.question_answer(q, a) for q, a in pairs]
    quiz = hold_out(PASSAGE, rows, size=size, seed=seed)
    facts = [q.answers[0].casefold() for q in quiz.all]
    assert len(facts) == len(set(facts)) == min(size, len({a.casefold() for _, a in pairs}))
    assert len(quiz.reward) - len(quiz.report) in (0, 1)
    for question in quiz.all:
        assert (question.text, question.answers[0]) in pairs
        assert question.document == "lamp.md"
    assert hold_out(PASSAGE, rows, size=size, seed=seed) == quiz


def test_the_last_wording_of_an_answer_is_held_out() -> None:
    rows = [Row.question_answer(q, a) for q, a in (("first?", "Ines"), ("second?", "ines"), ("other?", "17"))]
    asked = {q.text for q in hold_out(PASSAGE, rows, size=9, seed=0).all}
    assert asked == {"second?", "other?"}


def test_the_seed_decides_the_draw() -> None:
    rows = [Row.question_answer(f"{n}?", str(n)) for n in range(20)]
    assert len({hold_out(PASSAGE, rows, size=4, seed=seed) for seed in range(5)}) > 1


def test_answers_with_several_wordings_come_first() -> None:
    """Holding out the only wording of a fact would take the fact away from every self-edit."""
    rows = [Row.question_answer(f"{n}?", str(n)) for n in range(20)]
    rows += [Row.question_answer(f"{n} again?", str(n)) for n in (3, 8)]
    for seed in range(5):
        assert {q.answers[0] for q in hold_out(PASSAGE, rows, size=2, seed=seed).all} == {"3", "8"}
