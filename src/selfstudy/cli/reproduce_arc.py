"""`selfstudy reproduce arc`: plans for ARC puzzles, fixed ones and the model's own, before and after a round."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from selfstudy.cli.options import UNFINISHED

if TYPE_CHECKING:
    from selfstudy.tasks.arc.presets import Preset


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
    from selfstudy.cli import arc_findings
    from selfstudy.models.vocabulary import token_bytes
    from selfstudy.store.open import open_store
    from selfstudy.tasks.arc import experiment
    from selfstudy.tasks.arc.bench import KIND, Bench, OutOfTime
    from selfstudy.tasks.arc.constrained import plan_tokens
    from selfstudy.tasks.arc.grid_tokens import grid_form
    from selfstudy.tasks.arc.outcome import PuzzleOutcome

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
        done = store.journal.units(KIND)
        num_plans = sum(len(unit.read(tuple[PuzzleOutcome, ...])) for unit in done)
        seconds = sum(unit.seconds for unit in done) / max(1, num_plans)
    if out is not None:
        from selfstudy.reports.write import write_report
        from selfstudy.tasks.arc.page import render

        write_report(render(arc_findings.page(found, chosen, to_report, seconds)), out)
    if json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(arc_findings.as_json(found, chosen, to_learn, to_report, seconds))
    else:
        screen = Console(highlight=False)
        screen.print(arc_findings.table(found))
        for line in arc_findings.remarks(found):
            screen.print(line, soft_wrap=True)
        screen.print(f"{seconds:.1f} s to train and answer, a puzzle and plan (mean of {num_plans} in this home)")
    return 0


def _with(preset: Preset, learn: str | None, report: str | None, minutes: float | None, model: str | None) -> Preset:
    given = {"learn_source": learn, "report_source": report, "minutes": minutes, "model": model}
    return replace(preset, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
