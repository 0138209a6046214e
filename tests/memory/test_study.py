"""The study loop on a tiny model: quiz before candidates, reward half only, no leak of quiz questions into the race."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from selfstudy.documents.markdown import read_passages
from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.engine.adapter import Adapter
from selfstudy.memory.learn import LearnSettings, train_on_notes
from selfstudy.memory.notes import keep
from selfstudy.memory.study import study
from selfstudy.memory.study_settings import Candidate, StudySettings, settings_for
from tests.fakes import Editor
from tests.inner_loop import small

DOCS = Path(__file__).parent.parent.parent / "examples" / "docs"
RECIPE = UpdateRecipe(rank=2, alpha=8, targets=ALL_LINEAR, learning_rate=5e-3, rows_per_step=8)


def _settings() -> StudySettings:
    return StudySettings(
        candidates=(Candidate("question_answer", 2), Candidate("raw")),
        quiz=4,
        trial=RECIPE,
        budgets=(8, 16),
        learn=LearnSettings(recipe=RECIPE, rows=60, protected=0.0),
    )


def test_candidates_never_hold_a_quiz_question_while_they_race() -> None:
    engine, form = small.engine()
    passages = read_passages(sorted(DOCS.glob("*.md"))[:1])
    said: list[str] = []
    found = study(
        engine, form, passages, (), ("What is snow?", "Name a fruit."), writer=Editor(),
        scorer=lambda pairs: [-1.0] * len(pairs), synonyms=lambda _: (), pieces=len, settings=_settings(), seed=3,
        say=said.append,
    )  # fmt: skip
    (passage,) = passages
    quiz = found.notes.quizzes[passage.identity]
    assert len(quiz.reward) == len(quiz.report) == 2
    assert not {q.text for q in quiz.reward} & {q.text for q in quiz.report}
    asked = {q.text for q in quiz.all}
    for standing in found.notes.standings[passage.identity]:
        assert asked.isdisjoint(row.prompt for row in standing.edit.rows)
        assert all(len(outcome.gains) == len(quiz.reward) for outcome in standing.outcomes)
    assert found.learned.trained_tokens > 0
    assert len(found.reported.gains) == len(quiz.report)
    assert said[0] == "writing a quiz for each of the passages (1)"


def test_no_passages_is_an_error() -> None:
    engine, form = small.engine()
    with pytest.raises(ValueError) as caught:
        study(
            engine, form, (), (), (), writer=Editor(), scorer=lambda p: [], synonyms=lambda _: (), pieces=len,
            settings=_settings(),
        )  # fmt: skip
    assert str(caught.value) == "study: there are no passages; give at least one document with text"


def _standing(name: str, *gains: float) -> Standing:
    return Standing(SelfEdit("p", name, ()), (Outcome(gains, 1, 1),))


def test_whoever_gained_is_kept_best_first() -> None:
    ranked = [_standing("a", 2.0), _standing("b", 0.1), _standing("c", -0.1), _standing("failed")]
    assert [edit.format for edit in keep(ranked)] == ["a", "b"]
    assert keep([_standing("a", 0.0)]) == []
    assert keep([]) == []


def test_wide_models_take_smaller_steps_in_more_layers_less_protected_and_read_their_questions_again() -> None:
    narrow, wide = settings_for(576), settings_for(896)
    assert narrow == StudySettings()
    assert wide.learn.recipe.learning_rate == wide.trial.learning_rate == 5e-4
    assert wide.learn.first_layer < narrow.learn.first_layer
    assert wide.learn.protected < narrow.learn.protected
    assert wide.learn.rewording == narrow.learn.rewording
    assert [c.format for c in wide.candidates] == [c.format for c in narrow.candidates]
    assert {c.check for c in narrow.candidates} == {"apart"}
    assert {c.check for c in wide.candidates if c.format != "raw"} == {"read"}
    assert [c.facts for c in wide.candidates] == [24, None, None]
    assert (narrow.learn.keep, wide.learn.keep) == (1.0, 0.85)


def test_the_share_that_is_kept_scales_the_update_and_nothing_else() -> None:
    engine, form = small.engine()
    passages = read_passages(sorted(DOCS.glob("*.md"))[:1])
    notes = [Row.question_answer("What is the tower?", "tall")]
    whole, part = (
        train_on_notes(
            engine, form, passages, notes, (), ("What is snow?",), settings=replace(_settings().learn, keep=keep),
            synonyms=lambda _: (), pieces=len, seed=1,
        ).adapter
        for keep in (1.0, 0.5)
    )  # fmt: skip
    assert part.scale == pytest.approx(0.5 * whole.scale)
    for path, pair in whole.weights.items():
        assert all(torch.equal(x, y) for x, y in zip(pair, part.weights[path], strict=True))


def _learned(recipe: UpdateRecipe, start: Adapter | None = None) -> Adapter:
    engine, form = small.engine()
    passages = read_passages(sorted(DOCS.glob("*.md"))[:1])
    notes = [Row.question_answer("What is the tower?", "tall")]
    settings = replace(_settings().learn, recipe=recipe)
    return train_on_notes(
        engine, form, passages, notes, (), ("What is snow?",), settings=settings, synonyms=lambda _: (), pieces=len,
        seed=1, start=start,
    ).adapter  # fmt: skip


def _equal(first: Sequence[torch.Tensor], second: Sequence[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(first, second, strict=True))


def test_learning_goes_on_from_an_adapter_that_fits() -> None:
    first = _learned(RECIPE)
    again = _learned(replace(RECIPE, learning_rate=1e-12), first)
    for path, pair in first.weights.items():
        for x, y in zip(pair, again.weights[path], strict=True):
            torch.testing.assert_close(x, y, rtol=0, atol=1e-6)


def test_an_adapter_of_another_shape_is_not_gone_on_from() -> None:
    other = _learned(replace(RECIPE, rank=3))
    afresh, found = _learned(RECIPE), _learned(RECIPE, other)
    assert all(_equal(pair, found.weights[path]) for path, pair in afresh.weights.items())
