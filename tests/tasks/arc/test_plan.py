"""A plan's bounds, what it makes of an update, and when it cannot be carried out."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.tasks.arc.augment import AugmentationPlan
from selfstudy.tasks.arc.plan import MOST_STEPS, Plan, impossible, to_update

RECIPE = UpdateRecipe(rank=128, alpha=16.0, schedule="cosine", warmup_steps=11, rows_per_step=2)


def test_the_plan_decides_tools_loss_rate_and_epochs() -> None:
    plan = Plan(basic=True, chain=True, trained_on="everything", learning_rate=5e-4, epochs=7)
    base = AugmentationPlan(size=True, most_tasks=40, seed=3, leave_out=(1,))
    augmentation, trained_on, recipe = to_update(plan, RECIPE, base)
    assert augmentation == AugmentationPlan(basic=True, chain=True, most_tasks=40, seed=3, leave_out=(1,))
    assert trained_on == "everything"
    assert asdict(recipe) == asdict(RECIPE) | {"learning_rate": 5e-4, "epochs": 7}


def test_without_a_base_the_training_tasks_are_the_papers() -> None:
    augmentation, trained_on, recipe = to_update(Plan(size=True, repeat=True), RECIPE)
    assert augmentation == AugmentationPlan(
        size=True, repeat=True, leave_out=(1, 2), num_permutations=1, most_tasks=250
    )
    assert (trained_on, recipe.learning_rate, recipe.epochs) == ("last_output", 1e-4, 2)


@pytest.mark.parametrize(
    ("epochs", "num_tasks", "rows_per_step", "most_steps", "outcome"),
    [
        (2, 0, 2, MOST_STEPS, "plan: no training tasks"),
        (2, 0, 2, None, "plan: no training tasks"),
        (3, 250, 2, MOST_STEPS, None),
        (4, 250, 2, MOST_STEPS, "plan: too many steps"),
        (30, 25, 2, MOST_STEPS, None),
        (30, 25, 1, MOST_STEPS, "plan: too many steps"),
        (99, 250, 1, None, None),
        (5, 2, 1, 10, None),
        (5, 2, 1, 9, "plan: too many steps"),
    ],
)
def test_an_impossible_plan_has_a_name(
    epochs: int, num_tasks: int, rows_per_step: int, most_steps: int | None, outcome: str | None
) -> None:
    assert impossible(Plan(epochs=epochs), num_tasks, rows_per_step, most_steps) == outcome


@pytest.mark.parametrize("rate", [0.0, -1e-4, 9.9e-7, 0.01, math.inf, math.nan])
def test_a_rate_out_of_bounds_is_refused(rate: float) -> None:
    with pytest.raises(ValueError) as caught:
        Plan(learning_rate=rate)
    assert str(caught.value) == f"plan: learning_rate {rate} must be at least 1e-06 and below 0.01"


@pytest.mark.parametrize("epochs", [-1, 0, 100])
def test_epochs_out_of_bounds_are_refused(epochs: int) -> None:
    with pytest.raises(ValueError) as caught:
        Plan(epochs=epochs)
    assert str(caught.value) == f"plan: epochs {epochs} must be a whole number from 1 to 99"
