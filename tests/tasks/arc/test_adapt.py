"""Plans become rows within a budget; what cannot be carried out is an outcome that says why."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from selfstudy.tasks.arc.adapt import AdaptSettings, Lesson, adapt, lesson
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.puzzle import Puzzle
from tests.tasks.arc import small

PLAN = Plan(learning_rate=1e-2 - 1e-6, epochs=2)


def _lesson(plan: Plan, settings: AdaptSettings = small.ADAPTING, puzzle: Puzzle = small.SEVENS) -> Lesson | str:
    _, form, grids = small.engine()
    return lesson(form, grids, puzzle, plan, settings)


def _whole(plan: Plan, settings: AdaptSettings = small.ADAPTING) -> Lesson:
    found = _lesson(plan, settings)
    assert isinstance(found, Lesson)
    return found


def test_a_plan_says_rate_and_epochs_and_what_is_trained() -> None:
    outputs, everything = _whole(PLAN), _whole(replace(PLAN, trained_on="everything", learning_rate=1e-4, epochs=3))
    assert (outputs.recipe.learning_rate, outputs.recipe.epochs) == (PLAN.learning_rate, 2)
    assert (everything.recipe.learning_rate, everything.recipe.epochs) == (1e-4, 3)
    every = _whole(PLAN, replace(small.ADAPTING, outputs="all_outputs"))
    # Two cells and the end of the turn, for each output.
    assert {len(row.trained) for row in outputs.rows} == {3}
    assert {len(row.trained) for row in every.rows} == {6, 9}
    assert [row.ids for row in outputs.rows] == [row.ids for row in every.rows]
    assert min(len(row.trained) for row in everything.rows) > 100


@pytest.mark.parametrize("epochs", [1, 2, 7])
def test_the_budget_bounds_what_goes_through_the_model(epochs: int) -> None:
    plan, settings = replace(PLAN, basic=True, epochs=epochs), replace(small.ADAPTING, budget=9000)
    found = _whole(plan, settings)
    spent = epochs * sum(len(row.ids) for row in found.rows)
    assert 9000 / 2 < spent <= 9000
    engine, form, grids = small.engine()
    (adapted,) = adapt(engine, form, grids, [(small.SEVENS, plan)], settings)
    assert adapted.tokens <= spent  # the engine leaves out what stands behind the last trained token
    assert adapted.steps == epochs * -(-len(found.rows) // 2)
    assert adapted.trained_tokens == epochs * sum(len(row.trained) for row in found.rows)


def test_more_epochs_train_fewer_tasks() -> None:
    few, many = (_whole(replace(PLAN, basic=True, epochs=epochs)) for epochs in (20, 2))
    assert len(few.rows) < len(many.rows)
    assert few.rows == many.rows[: len(few.rows)]


def test_epochs_for_which_not_even_a_step_fits_are_left_out() -> None:
    one, two = (len(row.ids) for row in _whole(PLAN).rows[:2])
    for budget, epochs, num_rows in ((one + two, 1, 2), (5 * (one + two), 5, 2), (one + two - 1, 1, 1)):
        found = _whole(replace(PLAN, epochs=99), replace(small.ADAPTING, budget=budget))
        assert (found.recipe.epochs, len(found.rows)) == (epochs, num_rows)
        assert found.rows == _whole(PLAN).rows[:num_rows]


@settings(max_examples=30)
@given(st.integers(1, 99), st.integers(1, 20_000))
def test_no_plan_goes_beyond_its_budget(epochs: int, budget: int) -> None:
    found = _lesson(replace(PLAN, basic=True, epochs=epochs), replace(small.ADAPTING, budget=budget, most_steps=None))
    if isinstance(found, Lesson):
        assert 1 <= found.recipe.epochs <= epochs
        assert found.recipe.epochs * sum(len(row.ids) for row in found.rows) <= budget
    else:
        assert found == "plan: over budget"


def test_what_is_impossible_says_why() -> None:
    assert _lesson(PLAN, puzzle=small.LONELY) == "plan: no training tasks"
    assert _lesson(PLAN, replace(small.ADAPTING, longest=20)) == "plan: every training task is too long"
    assert _lesson(PLAN, replace(small.ADAPTING, longest=200)) == "plan: every training task is too long"
    assert _lesson(PLAN, replace(small.ADAPTING, budget=100)) == "plan: over budget"
    assert _lesson(PLAN, replace(small.ADAPTING, most_steps=2)) == "plan: too many steps"


def test_failed_plans_stand_in_their_places() -> None:
    engine, form, grids = small.engine()
    pairs = [(small.LONELY, PLAN), (small.SEVENS, PLAN), (small.LONELY, replace(PLAN, basic=True))]
    first, second, third = adapt(engine, form, grids, pairs, small.ADAPTING)
    assert first.failure == "plan: no training tasks"
    assert (third.adapter, second.failure) == (None, None)
    assert second.adapter is not None
    assert (first.steps, first.tokens) == (0, 0)


def test_plans_for_a_puzzle_share_their_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, form, grids = small.engine()
    seeds: list[int] = []
    whole = engine.train

    def spy(jobs, **options):  # type: ignore[no-untyped-def]
        seeds.extend(job.seed for job in jobs)
        return whole(jobs, **options)

    monkeypatch.setattr(engine, "train", spy)
    pairs = [(small.SEVENS, PLAN), (small.SEVENS, replace(PLAN, epochs=1)), (small.FOURS, PLAN)]
    adapt(engine, form, grids, pairs, small.ADAPTING)
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_budget_is_at_least_a_token() -> None:
    with pytest.raises(ValueError, match="budget 0"):
        AdaptSettings(budget=0)
