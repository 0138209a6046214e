"""`selfstudy reproduce arc`: the experiment over plans for puzzles as one run of a home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from selfstudy.api.carry_out import Say, carry_out, resolved_of
from selfstudy.api.run_folder import METRICS, RunFolder
from selfstudy.domain.identity import content_hash
from selfstudy.domain.journal import Journal
from selfstudy.models.vocabulary import token_bytes
from selfstudy.store.store import Store
from selfstudy.tasks.arc import experiment
from selfstudy.tasks.arc.bench import KIND, Bench
from selfstudy.tasks.arc.constrained import plan_tokens
from selfstudy.tasks.arc.experiment import AFTER, BEFORE, Findings, Outcomes
from selfstudy.tasks.arc.grid_tokens import grid_form
from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.presets import Preset, puzzles_of
from selfstudy.tasks.arc.puzzle import Puzzle
from selfstudy.tasks.arc.summary import compare_gains, condition

if TYPE_CHECKING:
    from selfstudy.build import Workshop


@dataclass(frozen=True)
class Plan:
    """A reproduction that was checked: its puzzles are there."""

    preset: Preset
    learn: tuple[Puzzle, ...]
    report: tuple[Puzzle, ...]
    seed: int


@dataclass(frozen=True)
class ArcReproduction:
    """`findings` are None if the time was up before the end. `seconds` is what one of the run's `num_plans` pairs of
    puzzle and plan took on average, training and answering; pairs that another run recorded count with its time."""

    run: str
    folder: Path
    settings: Mapping[str, object]
    findings: Findings | None
    num_plans: int
    seconds: float


def plan(preset: Preset, seed: int) -> Plan:
    """Read and check the puzzles before any work.

    Raises:
        ValueError: a source is not there or holds a bad file, or there are too few puzzles for an interval.
    """
    learn, report = puzzles_of(preset)
    for name, found in (("learn", learn), ("report", report)):
        if len(found) < 2:
            raise ValueError(f"--{name}: {len(found)} puzzles with known answers; intervals take at least 2")
    return Plan(preset, learn, report, seed)


def reproduce_arc(
    plan: Plan, shop: Workshop, home: Path, *, until: float, fresh: bool, say: Say = lambda _: None
) -> ArcReproduction:
    """Run the plan or go on with it, until it is done or the monotonic clock shows `until`.

    Raises:
        ValueError: another job works in this home; an unfinished run of this preset and these puzzles had other
            settings.
    """
    settings = resolved(plan, shop)
    about = {"preset": plan.preset.name, "puzzles": settings["puzzles"], "base": shop.engine.identity}
    found: list[Findings] = []
    costs: list[tuple[int, float]] = []

    def work(store: Store, journal: Journal, folder: RunFolder) -> None:
        def tell(part: str, name: str, outcomes: Outcomes) -> None:
            _write(folder, part, {"name": name} | asdict(condition(outcomes)))

        bench = Bench(
            shop.engine, shop.form, grid_form(shop.form), replace(plan.preset.adapting, seed=plan.seed),
            plan.preset.answering, journal, plan.preset.cohort, say,
        )  # fmt: skip
        allowed = plan_tokens(token_bytes(shop.form.tokenizer), shop.form.end_of_turn, shop.form.encoder.text)
        found.append(
            experiment.run(
                bench, allowed, plan.learn, plan.report, plan.preset, seed=plan.seed, say=say, tell=tell
            )
        )  # fmt: skip
        _write(folder, "findings", _summary(found[0]))
        costs.append(_cost(store, bench.cohorts))

    ended = carry_out("reproduce arc", about, settings, home, work, until=until, fresh=fresh, say=say)
    num_plans, seconds = costs[0] if costs else (0, 0.0)
    return ArcReproduction(ended.run, ended.folder, settings, found[0] if ended.done else None, num_plans, seconds)


def resolved(plan: Plan, shop: Workshop) -> dict[str, object]:
    """All that decides on the result, defaults included; how long a part may take does not."""
    told = {f"preset.{key}": value for key, value in asdict(plan.preset).items() if key != "minutes"}
    return {
        **told, "task": "arc", "seed": plan.seed, "learn": [puzzle.id for puzzle in plan.learn],
        "report": [puzzle.id for puzzle in plan.report],
        "puzzles": content_hash("puzzles", *map(repr, (*plan.learn, *plan.report))), **resolved_of(shop),
    }  # fmt: skip


def _summary(found: Findings) -> dict[str, object]:
    return {
        "best_fixed_plan": found.best_arm, "bandit_plan": found.bandit_arm, "bandit_trials": found.bandit_pulls,
        "accepted_by": found.accepted.rule, "accepted": len(found.accepted.outcomes),
        "editor_taught": found.editor_taught,
        "after_less_before": asdict(compare_gains(found.conditions[AFTER], found.conditions[BEFORE])),
    }  # fmt: skip


def _write(folder: RunFolder, event: str, values: Mapping[str, object]) -> None:
    folder.add(METRICS, json.dumps({"event": event} | dict(values), ensure_ascii=False))


def _cost(store: Store, cohorts: list[str]) -> tuple[int, float]:
    units = {unit.key: unit for unit in store.journal.units(KIND)}
    used = [units[key] for key in dict.fromkeys(cohorts)]
    num = sum(len(unit.read(tuple[PuzzleOutcome, ...])) for unit in used)
    return num, sum(unit.seconds for unit in used) / max(1, num)
