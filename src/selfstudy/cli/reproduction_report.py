"""Writes a reproduction's page into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.api.table_json import row_json
from selfstudy.cli.reproduction_views import race_sentence, reward_cells, study_columns
from selfstudy.reports.reproduction import PageRound, PageRow, PageStudy, render_reproduction
from selfstudy.reports.write import write_report
from selfstudy.tasks.squad.paper import paper_accuracy

if TYPE_CHECKING:
    from selfstudy.api.reproduce import Plan, Reproduction


def write_reproduction_report(plan: Plan, found: Reproduction) -> Path:
    """The page's path."""
    form = plan.preset.loop.form if plan.preset.loop else None
    about = (
        f"{plan.task}, preset {plan.preset_name} (paper {plan.preset.paper}), {plan.preset.model}, "
        f"{plan.data.source}, run {found.run[:12]}"
    )
    rows = [PageRow(paper=paper_accuracy(row.name, form), **row_json(row)) for row in found.rows]  # type: ignore[arg-type]
    rounds = [
        PageRound(r.algorithm, r.round, r.arm, r.candidates, r.accepted, r.refused, r.mean, r.best, r.spread,
                  r.accepted_diversity.distinct, r.accepted_diversity.self_overlap, r.accepted_diversity.compression)
        for r in found.rounds
    ]  # fmt: skip
    file = found.folder / "report.html"
    study = None
    if (told := found.study) is not None:
        study = PageStudy(study_columns(told), tuple(map(reward_cells, told.rewards)), race_sentence(told))
    write_report(render_reproduction(about, found.done, rows, rounds, study), file)
    return file
