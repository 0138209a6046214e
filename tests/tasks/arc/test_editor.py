"""The editor's plans: always valid, drawn by seed and puzzle, and learned from those that worked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.domain.recipe import ALL_LINEAR, UpdateRecipe
from selfstudy.engine.adapter import Adapter
from selfstudy.engine.contract import AllowedTokens, ScoreRequest
from selfstudy.models.vocabulary import token_bytes
from selfstudy.tasks.arc.constrained import plan_tokens
from selfstudy.tasks.arc.editor import EditorSettings, plan_row, teach_plans, write_plans
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import plan_text
from tests.tasks.arc import small

PLAN = Plan(size=True, trained_on="everything", learning_rate=2e-5, epochs=12)
RECIPE = UpdateRecipe(rank=8, alpha=32, targets=ALL_LINEAR, learning_rate=1e-2, epochs=30, rows_per_step=2)


def _allowed() -> AllowedTokens:
    pytest.importorskip("llguidance")
    _, form, _ = small.engine()
    return plan_tokens(token_bytes(form.tokenizer), form.end_of_turn, form.encoder.text)


def test_plans_are_drawn_by_seed_and_puzzle() -> None:
    engine, form, _ = small.engine()

    def written(seed: int, *puzzles):  # type: ignore[no-untyped-def]
        return write_plans(engine, form, "", puzzles, _allowed(), samples=3, seed=seed, longest=2000)

    both, alone = written(0, small.SEVENS, small.FOURS), written(0, small.FOURS)
    assert [len(plans) for plans in both] == [3, 3]
    assert both[1] == alone[0]
    assert both[0] != both[1]
    assert written(1, small.FOURS) != alone


def test_the_editor_learns_the_plans_it_is_shown() -> None:
    engine, form, _ = small.engine()
    adapter = teach_plans(engine, form, "", [(small.SEVENS, PLAN), (small.FOURS, PLAN)], EditorSettings(RECIPE), seed=0)
    other = replace(PLAN, size=False, chain=True, trained_on="last_output", epochs=31)

    def likelihood(plan: Plan, *adapters: Adapter) -> float:
        row = form.encode(plan_row(form, "", small.SEVENS, plan, 4096))
        return engine.score([ScoreRequest(row.ids, row.trained[0], adapters)])[0].mean

    assert likelihood(PLAN, adapter) > likelihood(PLAN) + 2
    assert likelihood(PLAN, adapter) > likelihood(other, adapter) + 0.1


def test_the_plan_alone_is_trained_and_long_puzzles_lose_examples() -> None:
    _, form, _ = small.engine()
    row = plan_row(form, "", small.SEVENS, PLAN, 10_000)
    assert row.target == plan_text(PLAN)
    assert "Example 3" in row.prompt
    short = plan_row(form, "", small.SEVENS, PLAN, 10)
    assert "Example 1" in short.prompt
    assert "Example 2" not in short.prompt


def test_the_budget_leaves_out_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, form, _ = small.engine()
    row = form.encode(plan_row(form, "", small.SEVENS, PLAN, 4096))
    seen = []
    whole = engine.train
    monkeypatch.setattr(engine, "train", lambda jobs, **options: seen.append(jobs[0].recipe.epochs) or whole(jobs))
    for budget in (1, 3 * len(row.ids), 10**9):
        settings = EditorSettings(replace(RECIPE, epochs=5), budget=budget)
        teach_plans(engine, form, "", [(small.SEVENS, PLAN)], settings, seed=0)
    assert seen == [1, 3, 5]


def test_without_examples_there_is_nothing_to_learn() -> None:
    engine, form, _ = small.engine()
    with pytest.raises(ValueError, match="no plan to learn from"):
        teach_plans(engine, form, "", [], EditorSettings(), seed=0)
