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
    fresh: Annotated[bool, Parameter(negative="")] = False,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Adapt the model to ARC puzzles by fixed plans and by its own, before and after a round of ReST-EM over plans.

    All that is done is recorded in the home, in a run with a folder of its own; interrupted, the same command goes on.
    Ends with 0, or with 4 if the time of a part was over before the end.

    Parameters
    ----------
    preset
        "smoke" takes minutes, "small" one to two hours on two cores; "full" is the 400 evaluation puzzles on a GPU.
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
        HTML file for the page with rates, plans and a gallery [default: report.html in the run's folder].
    fresh
        Give up an unfinished run of the same preset and puzzles, and begin anew.
    json_output
        Print one JSON document on standard output; progress goes to standard error.
    """
    from rich.console import Console

    from selfstudy.tasks.arc.presets import PRESETS

    began = time.monotonic()
    chosen = _with(PRESETS[preset], learn, report, minutes, model)

    from selfstudy.api import reproduce_arc as api
    from selfstudy.build import build
    from selfstudy.cli import arc_findings
    from selfstudy.reports.write import write_report
    from selfstudy.tasks.arc.page import render

    console = Console(stderr=True, highlight=False)
    plan = api.plan(chosen, seed)
    shop = build(chosen.model, device=device, dtype=dtype)
    done = api.reproduce_arc(
        plan, shop, home.expanduser(), fresh=fresh,
        until=float("inf") if chosen.minutes is None else began + 60 * chosen.minutes,
        say=lambda text: console.print(f"{time.monotonic() - began:6.0f} s  {text}"),
    )  # fmt: skip
    found = done.findings
    if found is None:
        return UNFINISHED
    page = out or done.folder / "report.html"
    write_report(render(arc_findings.page(done, plan)), page)
    if json_output:
        from selfstudy.cli.json_forms import print_json

        print_json(arc_findings.as_json(done, plan) | {"page": str(page)})
    else:
        screen = Console(highlight=False)
        screen.print(arc_findings.table(found))
        for line in arc_findings.remarks(found):
            screen.print(line, soft_wrap=True)
        screen.print(f"{done.seconds:.1f} s to train and answer, a puzzle and plan (mean of {done.num_plans})")
        print(f"report: {page}")
    return 0


def _with(preset: Preset, learn: str | None, report: str | None, minutes: float | None, model: str | None) -> Preset:
    given = {"learn_source": learn, "report_source": report, "minutes": minutes, "model": model}
    return replace(preset, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
