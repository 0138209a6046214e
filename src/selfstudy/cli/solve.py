"""`selfstudy solve`: adapt the model to one puzzle, and draw what it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from selfstudy.build import Workshop
    from selfstudy.settings import Settings
    from selfstudy.tasks.arc.grid_tokens import GridForm
    from selfstudy.tasks.arc.outcome import PuzzleOutcome
    from selfstudy.tasks.arc.plan import Plan
    from selfstudy.tasks.arc.puzzle import Puzzle

AUTO = "auto"
CPU_BUDGET, GPU_BUDGET = 12_000, 40_000
"""Tokens through the model in training: on a CPU about 4,000 of them with a loss, and a minute of one core."""


@Parameter(name="*")
@dataclass(frozen=True)
class SolveOptions:
    """Which model, and how to print.

    Parameters
    ----------
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id [default: smollm2-135m].
    device
        Where to compute, as torch names it [default: cpu].
    dtype
        float32, bfloat16, float16 or auto [default: auto].
    seed
        The same seed gives the same answer on the same machine [default: 0].
    config
        TOML file of settings [default: selfstudy.toml, if it is here].
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """

    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    seed: int | None = None
    config: Path | None = None
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False

    def settings(self) -> Settings:
        from selfstudy.settings import load_settings

        flags = {"model": self.model, "device": self.device, "dtype": self.dtype, "seed": self.seed}
        return load_settings(flags, config=self.config)


def solve(
    task: Path,
    /,
    *,
    plan: str = "basic",
    budget: int | None = None,
    views: int = 5,
    options: SolveOptions | None = None,
) -> int:
    """Adapt the model to a puzzle of coloured grids by its examples, and answer its test inputs in two attempts.

    Parameters
    ----------
    task
        File in ARC's format: {"train": [{"input", "output"}, ...], "test": [{"input"}, ...]}. A known test output is
        only compared with.
    plan
        How to adapt: "basic" or "all" augmentations, "none" (in context only), "auto" (the model writes its own plan),
        or a file with a plan as JSON.
    budget
        Tokens that may go through the model in training [default: 12000, on a GPU 40000].
    views
        Under how many rotations and flips a test input is asked, 1 to 7; the most frequent answers are the attempts.
    """
    options = options or SolveOptions()
    settings = options.settings()
    # What the user gave is checked before torch is imported: mistakes are told at once.
    from selfstudy.tasks.arc.adapt import AdaptSettings
    from selfstudy.tasks.arc.answer import AnswerSettings
    from selfstudy.tasks.arc.puzzle import read_puzzle

    puzzle = read_puzzle(task)
    chosen = None if plan == AUTO else _given_plan(plan)
    on_cpu = settings.device.startswith("cpu")
    most = (CPU_BUDGET if on_cpu else GPU_BUDGET) if budget is None else budget
    adapting = AdaptSettings(budget=most, seed=settings.seed)
    answering = AnswerSettings(num_views=views)

    from rich.console import Console

    from selfstudy.build import build
    from selfstudy.cli.progress import TrainingBar
    from selfstudy.models.catalogue import DEFAULT_MODEL
    from selfstudy.tasks.arc.grid_tokens import grid_form
    from selfstudy.tasks.arc.outcome import run_pairs

    console = Console(stderr=True)
    model = settings.model or DEFAULT_MODEL
    console.print(f"loading {model}", highlight=False)
    begin = time.perf_counter()
    shop = build(model, device=settings.device, dtype=settings.dtype)
    grids = grid_form(shop.form)
    if plan == AUTO:
        chosen = _own_plan(shop, grids, puzzle, settings.seed)
    with TrainingBar(console) as bar:
        (outcome,) = run_pairs(
            shop.engine, shop.form, grids, [(puzzle, chosen)], adapting, answering, progress=bar.update
        )
        failure = outcome.failure
        if failure is not None:
            console.print(f"the plan cannot be carried out ({failure}); answered in context only", highlight=False)
            (outcome,) = run_pairs(shop.engine, shop.form, grids, [(puzzle, None)], adapting, answering)
    seconds = time.perf_counter() - begin
    if options.json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(solve_json(puzzle, outcome, chosen, failure, model, seconds))
    else:
        _show(puzzle, outcome, chosen if failure is None else None, seconds)
    return 0


def solve_json(
    puzzle: Puzzle, outcome: PuzzleOutcome, plan: Plan | None, failure: str | None, model: str, seconds: float
) -> dict[str, Any]:
    """`attempts` holds for each test input up to two grids, best first; `right` whether all inputs have a right one."""
    import json

    from selfstudy.tasks.arc.plan_json import plan_text

    return {
        "puzzle": puzzle.id,
        "model": model,
        "attempts": [[[list(row) for row in grid.rows] for grid in answer.grids] for answer in outcome.answers],
        "right": outcome.solved() if outcome.known else None,
        "right_at_first": outcome.solved(1) if outcome.known else None,
        "cell_accuracy": outcome.cells,
        "gain": outcome.gain,
        "seconds": round(seconds, 1),
        "plan": None if plan is None else json.loads(plan_text(plan)),
        "plan_failure": failure,
        "votes": [list(answer.votes) for answer in outcome.answers],
        "views": [dict(answer.views) for answer in outcome.answers],
        "training_tasks": outcome.num_tasks,
        "steps": outcome.steps,
        "tokens": outcome.tokens,
        "trained_tokens": outcome.trained_tokens,
    }


def _given_plan(plan: str) -> Plan | None:
    from selfstudy.tasks.arc.plan_json import parse_plan
    from selfstudy.tasks.arc.plans import NAMED

    if plan in NAMED:
        return NAMED[plan]
    if not Path(plan).is_file():
        raise ValueError(f"plan: {plan!r} is no file and none of {', '.join([*NAMED, AUTO])}")
    try:
        return parse_plan(Path(plan).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{plan}: {error}") from error


def _own_plan(shop: Workshop, grids: GridForm, puzzle: Puzzle, seed: int) -> Plan:
    from selfstudy.models.vocabulary import token_bytes
    from selfstudy.tasks.arc.constrained import plan_tokens
    from selfstudy.tasks.arc.editor import EditorSettings, write_plans

    allowed = plan_tokens(token_bytes(shop.form.tokenizer), shop.form.end_of_turn, shop.form.encoder.text)
    ((plan,),) = write_plans(
        shop.engine, shop.form, grids.between, [puzzle], allowed, samples=1, seed=seed,
        longest=EditorSettings().longest, temperature=0.0,
    )  # fmt: skip
    return plan


def _show(puzzle: Puzzle, outcome: PuzzleOutcome, plan: Plan | None, seconds: float) -> None:
    from rich.console import Console

    from selfstudy.cli.grids import side_by_side
    from selfstudy.tasks.arc.plan_json import plan_text

    out = Console(highlight=False)
    for number, (query, answer) in enumerate(zip(puzzle.test, outcome.answers, strict=True), start=1):
        shown = [("input", query.input)]
        for place, (grid, votes) in enumerate(zip(answer.grids, answer.votes, strict=True), start=1):
            shown.append((f"attempt {place}: {votes}/{len(answer.views)} views", grid))
        if query.output is not None and answer.right == 0:
            shown.append(("expected", query.output))
        if len(puzzle.test) > 1:
            out.print(f"test {number}")
        for row in side_by_side(shown, out.width, expected=query.output):
            out.print(row)
        if not answer.attempts:
            out.print("no grid was answered: the puzzle is too long for this model")
    if outcome.known:
        right = [answer.right for answer in outcome.answers]
        verdict = "right" if outcome.solved(1) else "right at the second attempt" if outcome.solved() else "wrong"
        out.print(f"{verdict}: " + ("solved" if outcome.solved() else f"{sum(map(bool, right))} of {len(right)} right"))
    how = f"plan {plan_text(plan)}" if plan is not None else "in context only"
    out.print(
        f"{puzzle.id}: {how}; {outcome.steps} steps over {outcome.tokens} tokens, {seconds:.0f} s", soft_wrap=True
    )
