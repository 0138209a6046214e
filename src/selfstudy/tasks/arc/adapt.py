"""From a puzzle and a plan to an adapter: many pairs, trained at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.token_row import TokenRow
from selfstudy.engine.contract import EngineContract, TrainJob, TrainResult
from selfstudy.tasks.arc.augment import AugmentationPlan, training_tasks
from selfstudy.tasks.arc.grid_tokens import GridForm
from selfstudy.tasks.arc.plan import MOST_STEPS, Impossible, Plan, impossible, to_update
from selfstudy.tasks.arc.prompt import TrainedOn, training_row
from selfstudy.tasks.arc.puzzle import Puzzle

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Progress = Callable[[int, int], None]

TARGETS = ("q_proj", "v_proj", "gate_proj", "up_proj", "down_proj")
"""Those that the paper adapts on ARC (appendix A)."""
_WARMUP = 11  # steps, as in the paper, or a tenth of a shorter run
_MOST_TASKS = 250


@dataclass(frozen=True)
class AdaptSettings:
    """What a plan does not choose.

    `budget` bounds the tokens that go through the model while one plan trains, context included: it is what training
    costs. `longest` bounds the tokens of a row. `most_steps` is the paper's cap on a plan's steps; None sets none.
    `outputs` says what a plan that trains outputs trains: the last one alone, as the paper's code does, or those of the
    context as well, which gives a short run several times the trained tokens at the same cost.
    """

    recipe: UpdateRecipe = field(
        default_factory=lambda: UpdateRecipe(rank=16, alpha=32.0, targets=TARGETS, schedule="cosine", rows_per_step=2)
    )
    budget: int = 4000
    outputs: Literal["all_outputs", "last_output"] = "all_outputs"
    longest: int = 2048
    most_steps: int | None = MOST_STEPS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.budget < 1 or self.longest < 1:
            raise ValueError(f"adapt: budget {self.budget} and longest {self.longest} must be at least 1 token")


@dataclass(frozen=True, eq=False)
class Adapted:
    """A plan's adapter and its cost; or why there is none (`domain.trial.Outcome.failure`)."""

    adapter: Adapter | None
    failure: str | None = None
    num_tasks: int = 0
    steps: int = 0
    tokens: int = 0
    trained_tokens: int = 0


@dataclass(frozen=True)
class Lesson:
    """The rows that a plan trains, and how."""

    rows: tuple[TokenRow, ...]
    recipe: UpdateRecipe


def adapt(
    engine: EngineContract,
    form: PromptForm,
    grids: GridForm,
    pairs: Sequence[tuple[Puzzle, Plan]],
    settings: AdaptSettings,
    *,
    progress: Progress | None = None,
) -> list[Adapted]:
    """One adapter a pair, in order, all trained in one call. Plans for one puzzle share their initialisation."""
    prepared = [lesson(form, grids, puzzle, plan, settings) for puzzle, plan in pairs]
    jobs = [
        TrainJob(each.rows, each.recipe, derive_seed(settings.seed, 0, puzzle.id, 0, "adapt"))
        for (puzzle, _), each in zip(pairs, prepared, strict=True)
        if isinstance(each, Lesson)
    ]
    trained = iter(engine.train(jobs, progress=progress) if jobs else ())
    return [
        _adapted(len(each.rows), next(trained)) if isinstance(each, Lesson) else Adapted(None, each)
        for each in prepared
    ]


def lesson(
    form: PromptForm, grids: GridForm, puzzle: Puzzle, plan: Plan, settings: AdaptSettings
) -> Lesson | Impossible:
    """The rows that fit the budget at the plan's own number of epochs, in the order that the tasks are drawn in.

    Few epochs over many tasks or many over few is what the plan chooses; the budget is the same for both. A plan of so
    many epochs that not even a step's tasks fit trains those for as many epochs as do; one is impossible for which no
    single task fits.
    """
    augmentation, trained_on, recipe = to_update(
        plan, settings.recipe, AugmentationPlan(seed=settings.seed, most_tasks=10 * _MOST_TASKS)
    )
    trained_on = settings.outputs if trained_on == "last_output" else trained_on
    tasks = partial(_fitting, form, grids, puzzle, augmentation, trained_on, settings.longest)
    rows, failure = tasks(settings.budget // plan.epochs, _MOST_TASKS)
    epochs = plan.epochs
    if epochs > 1 and len(rows) < recipe.rows_per_step:
        fewest, failure = tasks(settings.budget, recipe.rows_per_step)
        if len(fewest) > len(rows):
            rows, epochs = fewest, min(epochs, settings.budget // sum(len(row.ids) for row in fewest))
    if not rows:
        return failure
    if reason := impossible(replace(plan, epochs=epochs), len(rows), recipe.rows_per_step, settings.most_steps):
        return reason
    steps = epochs * -(-len(rows) // recipe.rows_per_step)
    return Lesson(tuple(rows), replace(recipe, epochs=epochs, warmup_steps=min(_WARMUP, steps // 10)))


def _fitting(
    form: PromptForm, grids: GridForm, puzzle: Puzzle, augmentation: AugmentationPlan, trained_on: TrainedOn,
    longest: int, budget: int, most: int,
) -> tuple[list[TokenRow], Impossible]:  # fmt: skip
    """Up to `most` rows of at most `longest` tokens each and `budget` in all; why there are none, if there are none."""
    rows: list[TokenRow] = []
    failure: Impossible = "plan: no training tasks"
    left = budget
    for task in training_tasks(puzzle, augmentation):
        # A cell is at least a token, so most of what is too long need not be encoded.
        if (least := sum(grid.height * grid.width for grid in task.grids)) > longest:
            failure = "plan: every training task is too long"
            continue
        row = form.encode(training_row(task, trained_on, grids.between)) if least <= left else None
        if row is not None and len(row.ids) > longest:
            failure = "plan: every training task is too long"
            continue
        if row is None or len(row.ids) > left:
            failure = "plan: over budget"
            continue
        rows.append(row)
        left -= len(row.ids)
        if len(rows) == most:
            break
    return rows, failure


def _adapted(num_tasks: int, result: TrainResult) -> Adapted:
    failure = None if result.failure is None else f"engine: {result.failure}"
    return Adapted(result.adapter, failure, num_tasks, len(result.losses), result.tokens, result.trained_tokens)
