"""Trials: notes that hold the answers gain, a failed trial has no value, companions change nothing."""

from __future__ import annotations

import dataclasses

import pytest

from selfstudy.domain.directives import Directives
from selfstudy.domain.trial import Outcome
from selfstudy.engine.contract import ScoreRequest, TrainJob, TrainResult
from selfstudy.engine.engine import Engine
from selfstudy.inner_loop.ask import answer_likelihoods, answers
from selfstudy.inner_loop.trial import Entry, run_cohort
from selfstudy.models.chat import ChatForm
from tests.inner_loop import small


def _base(engine: Engine, form: ChatForm) -> tuple[float, ...]:
    return tuple(answer_likelihoods(engine, form, [(q, ()) for q in small.QUIZ]))


def test_right_notes_gain_more_than_wrong_ones() -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    edits = (small.RIGHT, small.HALF, small.WRONG)
    outcomes = run_cohort(engine, form, [Entry(e, small.QUIZ, base, 7) for e in edits], small.RECIPE, 24)
    right, half, wrong = (o.gains for o in outcomes)
    assert all(gain > 1 for gain in right)
    assert half[0] > 1 > half[1]
    assert right[0] > wrong[0]
    for outcome in outcomes:
        assert outcome.failure is None
        assert outcome.steps == 12


def test_gains_are_what_the_adapter_adds_to_the_answer() -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    (outcome,) = run_cohort(engine, form, [Entry(small.RIGHT, small.QUIZ, base, 7)], small.RECIPE, 6)
    recipe = dataclasses.replace(small.RECIPE, epochs=3, max_steps=3)
    (trained,) = engine.train([TrainJob(tuple(form.encode(r) for r in small.RIGHT.rows), recipe, 7)])
    assert trained.adapter is not None
    for question, before, gain in zip(small.QUIZ, base, outcome.gains, strict=True):
        prompt = form.question_prompt(question.text)
        ids = prompt + tuple(form.encoder.text(question.answers[0]))
        (after,) = engine.score([ScoreRequest(ids, len(prompt), (trained.adapter,))])
        (bare,) = engine.score([ScoreRequest(ids, len(prompt))])
        assert before == pytest.approx(bare.mean, abs=1e-5)
        assert gain == pytest.approx(after.mean - bare.mean, abs=1e-4)


def test_a_race_obeys_no_directives_and_says_so() -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    asking = dataclasses.replace(small.RIGHT, directives=Directives(epochs=20))
    broken = dataclasses.replace(small.EMPTY, impossible="directives: epochs 99 must lie from 1 to 20")
    entries = [Entry(edit, small.QUIZ, base, 7) for edit in (asking, broken, small.EMPTY, small.RIGHT)]
    found = run_cohort(engine, form, entries, small.RECIPE, 8)
    assert [outcome.failure for outcome in found] == [
        "directives: a race trains all alike, not by 'epochs: 20'",
        "directives: epochs 99 must lie from 1 to 20",
        "self-edit: no rows were left after the filters",
        None,
    ]
    assert found[0].trained_tokens == 0


def test_companions_do_not_change_an_outcome() -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    entries = [Entry(e, small.QUIZ, base, 7) for e in (small.WRONG, small.EMPTY, small.RIGHT, small.OTHER)]
    together = run_cohort(engine, form, entries, small.RECIPE, 8)
    for entry, outcome in zip(entries, together, strict=True):
        (alone,) = run_cohort(engine, form, [entry], small.RECIPE, 8)
        assert alone.gains == pytest.approx(outcome.gains, abs=1e-3)
        assert dataclasses.replace(alone, gains=()) == dataclasses.replace(outcome, gains=())


def test_the_budget_is_rows_and_equal_for_short_and_long_edits() -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    one = small.edit("Ines")
    recipe = dataclasses.replace(small.RECIPE, rows_per_step=1)
    entries = [Entry(e, small.QUIZ, base, 7) for e in (one, small.RIGHT, small.OTHER)]
    assert [o.steps for o in run_cohort(engine, form, entries, recipe, 7)] == [7, 7, 7]
    row = form.encode(one.rows[0])
    assert run_cohort(engine, form, entries[:1], recipe, 7)[0].trained_tokens == 7 * len(row.trained)


def test_failed_trials_have_no_value_and_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, form = small.engine()
    base = _base(engine, form)
    whole = engine.train

    def second_breaks(jobs: list[TrainJob]) -> list[TrainResult]:
        results = whole(jobs)
        return [results[0], TrainResult(None, (0.5, float("nan")), 9, 4, "loss or gradient not finite at step 2")]

    monkeypatch.setattr(engine, "train", second_breaks)
    entries = [Entry(e, small.QUIZ, base, 7) for e in (small.EMPTY, small.RIGHT, small.WRONG)]
    empty, fine, broken = run_cohort(engine, form, entries, small.RECIPE, 4)
    assert empty == Outcome((), 0, 0, "self-edit: no rows were left after the filters")
    assert broken == Outcome((), 4, 2, "engine: loss or gradient not finite at step 2")
    assert fine.failure is None
    assert fine.value is not None
    for failed in (empty, broken):
        assert failed.value is None
        assert failed.standard_error is None


def test_a_trial_without_questions_has_failed() -> None:
    engine, form = small.engine()
    (outcome,) = run_cohort(engine, form, [Entry(small.RIGHT, (), (), 7)], small.RECIPE, 4)
    assert outcome.value is None
    assert outcome.failure == "quiz: it has no questions"


def test_outcomes_are_means_with_their_standard_error() -> None:
    outcome = Outcome((1.0, 2.0, 6.0), 0, 0)
    assert outcome.value == 3.0
    assert outcome.standard_error == pytest.approx((14 / 2 / 3) ** 0.5)
    assert Outcome((1.0,), 0, 0).standard_error is None


def test_answers_are_the_adapters_own() -> None:
    engine, form = small.engine()
    rows = tuple(form.encode(row) for row in small.RIGHT.rows)
    (trained,) = engine.train([TrainJob(rows, dataclasses.replace(small.RECIPE, epochs=40), 1)])
    assert trained.adapter is not None
    asked = [q.text for q in small.QUIZ]
    assert answers(engine, form, asked, (trained.adapter,)) == ["Ines", "143"]
    assert answers(engine, form, asked, max_new_tokens=3) != ["Ines", "143"]
    assert answers(engine, form, asked, (trained.adapter,), ["a passage", None])[1] == "143"
