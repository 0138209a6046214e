"""A plan: how the learner is to be adapted to one puzzle. The self-edit of the paper's few-shot domain (appendix A).

What a model may write is `plan_json`; a plan that cannot be carried out is an outcome with a name, not an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.tasks.arc.augment import NO_TOOLS, AugmentationPlan
from selfstudy.tasks.arc.prompt import TrainedOn

Strategy = Literal["everything", "last_output"]
"""The members of `prompt.TrainedOn` that the paper has."""
Impossible = Literal[
    "plan: no training tasks", "plan: every training task is too long", "plan: over budget", "plan: too many steps"
]
"""Why a plan is not carried out, as `domain.trial.Outcome.failure` has it."""

MOST_STEPS = 375
"""The paper's cap, at two tasks a step."""
MOST_EPOCHS = 99
LOWEST_RATE, TOO_HIGH_RATE = 1e-6, 1e-2
"""Learning rates lie in [lowest, too high). The paper sets no bounds on them, nor on epochs: these are ours."""


@dataclass(frozen=True)
class Plan:
    """The groups of tools that make training tasks, what is trained in a task, and how fast and how long.

    The defaults of the last two are those of the paper's Oracle, the best configuration found by hand.
    Raises ValueError for a learning rate or epochs out of bounds.
    """

    basic: bool = False
    size: bool = False
    chain: bool = False
    repeat: bool = False
    trained_on: Strategy = "last_output"
    learning_rate: float = 1e-4
    epochs: int = 2

    def __post_init__(self) -> None:
        if not LOWEST_RATE <= self.learning_rate < TOO_HIGH_RATE:
            raise ValueError(
                f"plan: learning_rate {self.learning_rate} must be at least {LOWEST_RATE:g} and below {TOO_HIGH_RATE:g}"
            )
        if not 1 <= self.epochs <= MOST_EPOCHS:
            raise ValueError(f"plan: epochs {self.epochs} must be a whole number from 1 to {MOST_EPOCHS}")


def to_update(
    plan: Plan, base_recipe: UpdateRecipe, base_augmentation: AugmentationPlan = NO_TOOLS
) -> tuple[AugmentationPlan, TrainedOn, UpdateRecipe]:
    """What makes the training tasks, what their rows train, and how: the bases, with what the plan decides put in."""
    return (
        replace(base_augmentation, basic=plan.basic, size=plan.size, chain=plan.chain, repeat=plan.repeat),
        plan.trained_on,
        replace(base_recipe, learning_rate=plan.learning_rate, epochs=plan.epochs),
    )


def impossible(
    plan: Plan, num_tasks: int, rows_per_step: int, most_steps: int | None = MOST_STEPS
) -> Impossible | None:
    """Why a plan whose tools made `num_tasks` training tasks is not carried out; None if it is.

    Steps are counted as in the paper's released code, where half a step at an epoch's end is half a step. `most_steps`
    None sets no cap.
    """
    if num_tasks == 0:
        return "plan: no training tasks"
    if most_steps is not None and plan.epochs * num_tasks > most_steps * rows_per_step:
        return "plan: too many steps"
    return None
