"""The editor writes plans, constrained to the plan format, and is taught by plans that worked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from selfstudy.domain.identity import derive_seed
from selfstudy.domain.prompt_form import PromptForm
from selfstudy.domain.recipe import UpdateRecipe
from selfstudy.domain.row import Row, Segment
from selfstudy.engine.contract import AllowedTokens, EngineContract, GenerateRequest, TrainJob
from selfstudy.tasks.arc.adapt import TARGETS
from selfstudy.tasks.arc.constrained import MOST_TOKENS
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import parse_plan, plan_text
from selfstudy.tasks.arc.plan_prompt import plan_prompt
from selfstudy.tasks.arc.puzzle import Example, Puzzle

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Progress = Callable[[int, int], None]
TEMPERATURE = 0.8
"""The paper's, for sampling plans."""


@dataclass(frozen=True)
class EditorSettings:
    """How the editor is taught: the paper's recipe (rank, rate, epochs, rows a step), within a budget.

    `budget` bounds the tokens that go through the model; epochs beyond it are left out. `longest` bounds a
    prompt, whose last examples are left out if they do not fit.
    """

    recipe: UpdateRecipe = field(
        default_factory=lambda: UpdateRecipe(
            rank=16, alpha=16.0, targets=TARGETS, learning_rate=5e-5, schedule="cosine", epochs=8, rows_per_step=5
        )
    )
    budget: int = 1_000_000
    longest: int = 4096


def write_plans(
    engine: EngineContract,
    form: PromptForm,
    between: str,
    puzzles: Sequence[Puzzle],
    allowed: AllowedTokens,
    *,
    samples: int,
    seed: int,
    longest: int,
    adapters: tuple[Adapter, ...] = (),
    temperature: float = TEMPERATURE,
) -> list[tuple[Plan, ...]]:
    """`samples` plans for each puzzle, equal ones included. `temperature` 0 writes the likeliest."""
    requests = [
        GenerateRequest(
            _prompt(form, between, puzzle, longest), MOST_TOKENS, form.stop_ids, adapters, temperature=temperature,
            seed=derive_seed(seed, 0, puzzle.id, sample, "plan"), allowed_tokens=allowed,
        )
        for puzzle in puzzles
        for sample in range(samples)
    ]  # fmt: skip
    plans = [parse_plan(form.decode(reply.ids)) for reply in engine.generate(requests)]
    return [tuple(plans[n * samples : (n + 1) * samples]) for n in range(len(puzzles))]


def teach_plans(
    engine: EngineContract,
    form: PromptForm,
    between: str,
    examples: Sequence[tuple[Puzzle, Plan]],
    settings: EditorSettings,
    *,
    seed: int,
    progress: Progress | None = None,
) -> Adapter:
    """An adapter that writes plans as `examples` have them; the plan alone is trained.

    Raises:
        ValueError: there is no example, or training failed.
    """
    if not examples:
        raise ValueError("plans: there is no plan to learn from")
    rows = tuple(form.encode(plan_row(form, between, *each, settings.longest)) for each in examples)
    whole = sum(len(row.ids) for row in rows)
    epochs = max(1, min(settings.recipe.epochs, settings.budget // whole))
    job = TrainJob(rows, replace(settings.recipe, epochs=epochs), derive_seed(seed, 0, "", 0, "editor"))
    (result,) = engine.train([job], progress=progress)
    if result.adapter is None:
        raise ValueError(f"plans: training the editor failed: {result.failure}; lower its learning rate")
    return result.adapter


def plan_row(form: PromptForm, between: str, puzzle: Puzzle, plan: Plan, longest: int) -> Row:
    """The request for a plan, and the plan as the reply that is trained."""
    shown = _shown(form, between, puzzle, longest)
    return Row((*plan_prompt(shown, between), Segment("assistant", plan_text(plan), True)), origin="plan")


def _prompt(form: PromptForm, between: str, puzzle: Puzzle, longest: int) -> tuple[int, ...]:
    return form.prompt(plan_prompt(_shown(form, between, puzzle, longest), between))


def _shown(form: PromptForm, between: str, puzzle: Puzzle, longest: int) -> Puzzle:
    """The puzzle with as many of its first examples as fit; one at least."""
    examples: tuple[Example, ...] = puzzle.train
    while len(examples) > 1:
        shown = replace(puzzle, train=examples)
        if len(form.prompt(plan_prompt(shown, between))) + MOST_TOKENS <= longest:
            break
        examples = examples[:-1]
    return replace(puzzle, train=examples)
