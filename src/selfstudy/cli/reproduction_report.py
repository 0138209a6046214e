"""Writes a reproduction's page into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.cli.reproduction_views import race_sentence, reward_cells, study_columns
from selfstudy.outer_loop.rewards import REWARDS
from selfstudy.reports.reproduction import (
    PageRound,
    PageRow,
    PageStage,
    PageStudy,
    ReproductionPage,
    render_reproduction,
)
from selfstudy.reports.wording import MINUS
from selfstudy.reports.write import write_report
from selfstudy.tasks.squad.paper import paper_accuracy
from selfstudy.tasks.squad.reward_study import CHOSEN_BY

if TYPE_CHECKING:
    from selfstudy.api.reproduce import Plan, Reproduction
    from selfstudy.tasks.squad.reward_study import StageRecord, StudyResult
    from selfstudy.tasks.squad.rounds import RoundRecord
    from selfstudy.tasks.squad.table import TableRow


def write_reproduction_report(plan: Plan, found: Reproduction) -> Path:
    """The page's path."""
    file = found.folder / "report.html"
    write_report(render_reproduction(reproduction_page(plan, found)), file)
    return file


def reproduction_page(plan: Plan, found: Reproduction) -> ReproductionPage:
    """The run as the page takes it."""
    preset, told = plan.preset, found.settings
    form = preset.loop.form if preset.loop else None
    about = f"{plan.task}, preset {plan.preset_name} (paper {preset.paper}), {preset.model}, {plan.data.source}"
    seeds = preset.seeds if plan.task == "squad" else preset.reward.seeds
    facts = {
        "run": found.run[:12], "seed": preset.seed, "seeds": seeds, "code": told["code"],
        "model's hash": f"{told['base']}"[:16], "selfstudy": told["selfstudy"],
    }  # fmt: skip
    return ReproductionPage(
        plan.task, about, found.done,
        tuple(_row(row, paper_accuracy(row.name, form)) for row in found.rows),
        tuple(map(_round, found.rounds)), tuple(map(_stage, found.stages)),
        None if found.study is None else _study(found.study), tuple((name, str(fact)) for name, fact in facts.items()),
    )  # fmt: skip


def _row(row: TableRow, paper: float | None) -> PageRow:
    passages = sum(bool(each.right) for each in row.answered)
    return PageRow(row.name, row.accuracy, row.likelihood_gain, row.num_questions, passages, row.train_tokens,
                   row.seconds, row.failed, paper, row.pace)  # fmt: skip


def _round(of: RoundRecord) -> PageRound:
    told = of.accepted_diversity
    return PageRound(of.algorithm, of.round, of.arm, REWARDS[of.reward].unit, of.tried, of.refused, of.mean, of.best,
                     of.spread, told.distinct, told.self_overlap, told.compression, of.seconds, of.pace)  # fmt: skip


def _stage(of: StageRecord) -> PageStage:
    return PageStage(of.name, of.rung, of.budget, REWARDS[CHOSEN_BY].unit, of.tried, of.mean, of.seconds, of.pace)


def _study(of: StudyResult) -> PageStudy:
    reliability = tuple((each.name, each.one) for each in of.rewards)
    rows = tuple((name, *map(_typeset, cells)) for name, *cells in map(reward_cells, of.rewards))
    return PageStudy(study_columns(of), rows, _typeset(race_sentence(of)), reliability, of.tried)


def _typeset(told: str) -> str:
    """What the terminal shows with the page's own signs for minus and nothing."""
    return "–" if told == "-" else told.replace("-", MINUS)
