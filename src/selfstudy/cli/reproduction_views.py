"""A reproduction as JSON and as tables for the terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from selfstudy.api.table_json import round_json, row_json, stage_json
from selfstudy.tasks.squad.paper import paper_accuracy

if TYPE_CHECKING:
    from selfstudy.api.reproduce import Plan, Reproduction
    from selfstudy.statistics.bootstrap import Estimate
    from selfstudy.tasks.squad.reward_figures import RewardFigures
    from selfstudy.tasks.squad.reward_study import StudyResult


def reproduction_json(plan: Plan, found: Reproduction) -> dict[str, object]:
    form = plan.preset.loop.form if plan.preset.loop else None
    out: dict[str, object] = {
        "run": found.run, "task": plan.task, "preset": plan.preset_name, "paper": plan.preset.paper,
        "model": plan.preset.model, "data": plan.data.source, "done": found.done, "folder": str(found.folder),
        "seconds": round(found.seconds, 1),
    }  # fmt: skip
    if plan.task == "squad":
        out["rows"] = [row_json(row) | {"paper": paper_accuracy(row.name, form)} for row in found.rows]
        out["rounds"] = [round_json(each) for each in found.rounds]
    else:
        out["stages"] = [stage_json(each) for each in found.stages]
        out["study"] = None if found.study is None else asdict(found.study)
    return out


def show_reproduction(plan: Plan, found: Reproduction) -> None:
    out = Console()
    if plan.task == "squad":
        out.print(squad_table(plan, found))
    elif found.study is not None:
        out.print(study_table(found.study))
        out.print(race_sentence(found.study))
    if not found.done:
        out.print("not done yet: the same command goes on")
    out.print(f"run {found.run[:12]}, {found.seconds:.0f} s")


def squad_table(plan: Plan, found: Reproduction) -> Table:
    preset = plan.preset
    table = Table(title=f"{plan.task}, {plan.preset_name}: {preset.model}, {plan.data.source}")
    for column in ("row", "paper", "ours", "95 % interval", "likelihood gain", "n", "tokens", "seconds"):
        table.add_column(column)
    for row in found.rows:
        paper = paper_accuracy(row.name, preset.loop.form if preset.loop else None)
        accuracy = row.accuracy
        table.add_row(
            row.name, "-" if paper is None else f"{paper:.1f} %", share(accuracy.value),
            f"{share(accuracy.low)} to {share(accuracy.high)}", estimate(row.likelihood_gain), str(row.num_questions),
            f"{row.train_tokens:.0f}", f"{row.seconds:.0f}",
        )  # fmt: skip
    return table


def study_table(study: StudyResult) -> Table:
    """Reliability and agreement of each reward."""
    table = Table(title=f"{study.candidates} candidates on {study.passages} passages, {study.seeds} seeds")
    for column in study_columns(study):
        table.add_column(column)
    for each in study.rewards:
        table.add_row(*reward_cells(each))
    return table


def study_columns(study: StudyResult) -> tuple[str, ...]:
    return (
        "reward", "passages", "reliability of one", f"of the mean of {study.seeds}", "Spearman with the key",
        "chooses the best", "gain of its choice", "regret",
    )  # fmt: skip


def race_sentence(study: StudyResult) -> str:
    """What the race keeps and costs."""
    if study.race is None:
        return "Too few passages have whole trials to say what the race keeps."
    race = study.race
    return (
        f"The race keeps {estimate(race.kept_of_full)} of the full evaluation's gain at {estimate(race.cost_ratio)} of "
        f"its cost; its choice gains {estimate(race.gain)} nats a token over a random one."
    )


def reward_cells(each: RewardFigures) -> tuple[str, ...]:
    spearman = "-" if each.spearman.value is None else f"{each.spearman.value:+.2f}"
    return (
        each.name, str(each.passages), estimate(each.one), estimate(each.averaged), spearman,
        f"{each.top.count} of {each.top.n}", estimate(each.chosen.gain if each.chosen else None),
        estimate(each.chosen.regret if each.chosen else None),
    )  # fmt: skip


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def estimate(found: Estimate | None) -> str:
    """As in "+0.31 (+0.02 to +0.60)"."""
    if found is None or found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:+.2f}"
    return f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
