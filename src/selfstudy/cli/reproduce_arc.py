"""`selfstudy reproduce arc`: plans for ARC puzzles, fixed ones and the model's own, before and after a round."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.table import Table

    from selfstudy.tasks.arc.experiment import Findings
    from selfstudy.tasks.arc.page import Page
    from selfstudy.tasks.arc.presets import Preset
    from selfstudy.tasks.arc.puzzle import Puzzle
    from selfstudy.tasks.arc.summary import Frequencies

UNFINISHED = 4
"""Exit code of a part whose time was over: the same command goes on."""


def reproduce_arc(
    *,
    preset: Literal["smoke", "small", "full"] = "small",
    home: Path = Path("~/.selfstudy-arc"),
    model: str | None = None,
    learn: str | None = None,
    report: str | None = None,
    minutes: float | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    seed: int = 0,
    out: Path | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Adapt the model to ARC puzzles by fixed plans and by its own, before and after a round of ReST-EM over plans.

    All that is done is recorded in the home; interrupted, the same command goes on. Ends with 0, or with 4 if the time
    of a part was over before the end.

    Parameters
    ----------
    preset
        "smoke" takes minutes, "small" up to 90 on two cores; "full" is the 400 evaluation puzzles on a GPU.
    home
        Folder of the records.
    model
        Catalogue name, local folder, .gguf file or Hugging Face hub id [default: the preset's].
    learn
        Puzzles to learn on: a subset's name or a folder of task files [default: the preset's].
    report
        Puzzles to report [default: the preset's].
    minutes
        Stop after so many, between two cohorts [default: the preset's; only "full" has a limit].
    device
        Where to compute, as torch names it.
    dtype
        float32, bfloat16, float16 or auto.
    seed
        The same seed gives the same findings on the same machine.
    out
        HTML file for a page with rates, plans and a gallery [default: none is written].
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """
    from rich.console import Console

    from selfstudy.tasks.arc.presets import PRESETS, puzzles_of

    chosen = _with(PRESETS[preset], learn, report, minutes, model)
    to_learn, to_report = puzzles_of(chosen)

    from selfstudy.build import build
    from selfstudy.models.vocabulary import token_bytes
    from selfstudy.store.open import open_store
    from selfstudy.tasks.arc import experiment
    from selfstudy.tasks.arc.bench import KIND, Bench, OutOfTime
    from selfstudy.tasks.arc.constrained import plan_tokens
    from selfstudy.tasks.arc.grid_tokens import grid_form

    console = Console(stderr=True, highlight=False)
    begin = time.monotonic()
    with open_store(home.expanduser()) as store:
        shop = build(chosen.model, device=device, dtype=dtype)
        bench = Bench(
            shop.engine, shop.form, grid_form(shop.form), replace(chosen.adapting, seed=seed), chosen.answering,
            store.journal, chosen.cohort,
            lambda: chosen.minutes is not None and time.monotonic() - begin > 60 * chosen.minutes,
            lambda text: console.print(f"{time.monotonic() - begin:6.0f} s  {text}"),
        )  # fmt: skip
        allowed = plan_tokens(token_bytes(shop.form.tokenizer), shop.form.end_of_turn, shop.form.encoder.text)
        try:
            found = experiment.run(bench, allowed, to_learn, to_report, chosen, seed=seed, say=bench.say)
        except OutOfTime:
            console.print("the time of this part is over; the same command goes on")
            return UNFINISHED
        seconds = sum(unit.seconds for unit in store.journal.units(KIND))
    if out is not None:
        from selfstudy.reports.write import write_report
        from selfstudy.tasks.arc.page import render

        write_report(render(page_of(found, chosen, to_report)), out)
    if json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(arc_json(found, chosen, to_learn, to_report, seconds))
    else:
        screen = Console(highlight=False)
        screen.print(conditions_table(found))
        for line in remarks(found):
            screen.print(line, soft_wrap=True)
        screen.print(f"{seconds:.0f} s of training and answering in this home, all settings together")
    return 0


def arc_json(
    found: Findings, preset: Preset, learn: Sequence[Puzzle],
    report: Sequence[Puzzle], seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """All findings as data, the gallery's pictures included."""
    from selfstudy.tasks.arc.experiment import AFTER, BEFORE, IN_CONTEXT
    from selfstudy.tasks.arc.gallery import pictures
    from selfstudy.tasks.arc.summary import compare_gains, compare_solved, condition

    parts = found.conditions
    return {
        "preset": preset.name,
        "model": preset.model,
        "settings": asdict(preset),
        "learn": [puzzle.id for puzzle in learn],
        "report": [puzzle.id for puzzle in report],
        "conditions": {name: asdict(condition(outcomes)) for name, outcomes in parts.items()},
        "arms": {name: asdict(condition(outcomes)) for name, outcomes in found.arms.items()},
        "best_fixed_plan": found.best_arm,
        "bandit": {"plan": found.bandit_arm, "trials": found.bandit_pulls},
        "round": {
            "rule": found.accepted.rule,
            "accepted": len(found.accepted.outcomes),
            "puzzles": len({each.puzzle for each in found.accepted.outcomes}),
            "editor_taught": found.editor_taught,
        },
        "after_less_before": {
            "gain": asdict(compare_gains(parts[AFTER], parts[BEFORE])),
            "solved": asdict(compare_solved(parts[AFTER], parts[BEFORE])),
        },
        "gain_over_in_context": {
            name: asdict(compare_gains(outcomes, parts[IN_CONTEXT]))
            for name, outcomes in parts.items()
            if name != IN_CONTEXT
        },
        "plans": {name: None if each is None else asdict(each) for name, each in plan_frequencies(found).items()},
        "outcomes": {
            name: {puzzle: [asdict(each) for each in of] for puzzle, of in outcomes.items()}
            for name, outcomes in parts.items()
        },
        "gallery": [asdict(picture) for picture in pictures(report, parts)],
        "seconds": round(seconds, 1),
    }


def page_of(found: Findings, preset: Preset, report: Sequence[Puzzle]) -> Page:
    """The findings as the page takes them."""
    from selfstudy.tasks.arc.experiment import AFTER, BEFORE
    from selfstudy.tasks.arc.gallery import pictures
    from selfstudy.tasks.arc.page import Page
    from selfstudy.tasks.arc.summary import compare_gains, condition

    return Page(
        f"ARC puzzles: plans of {preset.model}, preset {preset.name}",
        remarks(found)[:2],
        {name: condition(outcomes) for name, outcomes in found.conditions.items()},
        compare_gains(found.conditions[AFTER], found.conditions[BEFORE]),
        plan_frequencies(found),
        list(pictures(report, found.conditions)),
    )


def plan_frequencies(found: Findings) -> dict[str, Frequencies | None]:
    """Of the editor's plans in the order of the round: as reported before it, tried, accepted, reported after it."""
    from selfstudy.tasks.arc.experiment import AFTER, BEFORE
    from selfstudy.tasks.arc.summary import frequencies

    parts = {"before": found.conditions[BEFORE], "tried": found.tried, "after": found.conditions[AFTER]}
    counted = {name: frequencies(each for of in outcomes.values() for each in of) for name, outcomes in parts.items()}
    accepted = frequencies(found.accepted.outcomes)
    return {"before": counted["before"], "tried": counted["tried"], "accepted": accepted, "after": counted["after"]}


def conditions_table(found: Findings) -> Table:
    """A row a condition: puzzles solved, the share of plans that solve, cells, gain, failures, cost."""
    from rich.table import Table

    from selfstudy.tasks.arc.summary import condition

    table = Table(title="puzzles not learned on")
    for column in ("plans", "solved", "95 %", "at first", "of plans", "cells", "gain", "95 %", "failed", "tokens"):
        table.add_column(column)
    for name, outcomes in found.conditions.items():
        of = condition(outcomes)
        table.add_row(
            name, f"{of.solved.right} of {of.solved.n}", f"{of.solved.low:.0%} to {of.solved.high:.0%}",
            str(of.solved_first.right), f"{of.rate.value or 0:.0%}", "-" if of.cells is None else f"{of.cells:.2f}",
            f"{of.gain.value or 0:+.3f}", f"{of.gain.low or 0:+.3f} to {of.gain.high or 0:+.3f}",
            f"{sum(of.failures.values())} of {of.num_plans}", f"{of.tokens + of.answer_tokens:.0f}",
        )  # fmt: skip
    return table


def remarks(found: Findings) -> list[str]:
    """How plans were chosen, and the round's effect, in words."""
    from selfstudy.tasks.arc.experiment import AFTER, BEFORE
    from selfstudy.tasks.arc.summary import compare_gains

    accepted = found.accepted
    rule = (
        "every plan that solved its puzzle, as in the paper"
        if accepted.rule == "solved"
        else "the plans of the highest likelihood gain, as too few puzzles were solved for the paper's rule"
    )
    effect = compare_gains(found.conditions[AFTER], found.conditions[BEFORE])
    low, high = effect.difference.low or 0, effect.difference.high or 0
    return [
        f"best fixed plan, chosen on other puzzles: {found.best_arm}; the bandit's, "
        f"after {found.bandit_pulls} trials: {found.bandit_arm}",
        f"the round accepted {len(accepted.outcomes)} plans: {rule}"
        + ("" if found.editor_taught else "; there were none, so the editor stayed as it was"),
        f"gain after the round less before: {effect.difference.value or 0:+.3f} nats a token "
        f"({low:+.3f} to {high:+.3f}), p = {effect.p:.3f}",
    ]


def _with(preset: Preset, learn: str | None, report: str | None, minutes: float | None, model: str | None) -> Preset:
    given = {"learn_source": learn, "report_source": report, "minutes": minutes, "model": model}
    return replace(preset, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
