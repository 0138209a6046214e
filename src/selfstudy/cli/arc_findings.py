"""What `selfstudy reproduce arc` shows of its findings: JSON, a table, sentences, the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from selfstudy.api.reproduce_arc import ArcReproduction, Plan
from selfstudy.tasks.arc.experiment import AFTER, BEFORE, IN_CONTEXT, NONE_WORKED, Findings
from selfstudy.tasks.arc.gallery import pictures
from selfstudy.tasks.arc.page import Page
from selfstudy.tasks.arc.summary import Frequencies, compare_gains, compare_solved, condition, frequencies


def as_json(done: ArcReproduction, plan: Plan) -> dict[str, Any]:
    """All findings of a run that is done as data, the gallery's pictures included."""
    found, preset = _whole(done), plan.preset
    parts = found.conditions
    return {
        "run": done.run,
        "folder": str(done.folder),
        "preset": preset.name,
        "model": preset.model,
        "settings": dict(done.settings),
        "learn": [puzzle.id for puzzle in plan.learn],
        "report": [puzzle.id for puzzle in plan.report],
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
        "gallery": [asdict(picture) for picture in pictures(plan.report, parts)],
        "seconds_a_plan": round(done.seconds, 2),
    }


def page(done: ArcReproduction, plan: Plan) -> Page:
    """The findings of a run that is done as the page takes them."""
    found, told = _whole(done), done.settings
    return Page(
        f"ARC puzzles: plans of {plan.preset.model}, preset {plan.preset.name}",
        [*remarks(found)[:2], f"run {done.run[:12]}, seed {plan.seed}, code {told['code']}, "
                              f"model's hash {str(told['base'])[:16]}"],
        {name: condition(outcomes) for name, outcomes in found.conditions.items()},
        compare_gains(found.conditions[AFTER], found.conditions[BEFORE]),
        plan_frequencies(found),
        list(pictures(plan.report, found.conditions)),
        done.seconds,
    )  # fmt: skip


def _whole(done: ArcReproduction) -> Findings:
    if done.findings is None:
        raise ValueError(f"run {done.run} is not done; the same command goes on")
    return done.findings


def plan_frequencies(found: Findings) -> dict[str, Frequencies | None]:
    """Of the editor's plans in the order of the round: as reported before it, tried, accepted, reported after it."""
    parts = {"before": found.conditions[BEFORE], "tried": found.tried, "after": found.conditions[AFTER]}
    counted = {name: frequencies(each for of in outcomes.values() for each in of) for name, outcomes in parts.items()}
    accepted = frequencies(found.accepted.outcomes)
    return {"before": counted["before"], "tried": counted["tried"], "accepted": accepted, "after": counted["after"]}


def table(found: Findings) -> Table:
    """A row a condition: puzzles solved, the share of plans that solve, cells, gain, failures, cost."""
    shown = Table(title="puzzles not learned on")
    for column in ("plans", "solved", "95 %", "at first", "of plans", "cells", "gain", "95 %", "failed", "tokens"):
        shown.add_column(column)
    for name, outcomes in found.conditions.items():
        of = condition(outcomes)
        shown.add_row(
            name, f"{of.solved.right} of {of.solved.n}", f"{of.solved.low:.0%} to {of.solved.high:.0%}",
            str(of.solved_first.right), f"{of.rate.value or 0:.0%}", "-" if of.cells is None else f"{of.cells:.2f}",
            f"{of.gain.value or 0:+.3f}", f"{of.gain.low or 0:+.3f} to {of.gain.high or 0:+.3f}",
            f"{sum(of.failures.values())} of {of.num_plans}", f"{of.tokens + of.answer_tokens:.0f}",
        )  # fmt: skip
    return shown


def remarks(found: Findings) -> list[str]:
    """How plans were chosen, and the round's effect, in words."""
    accepted = found.accepted
    rule = (
        "every plan that solved its puzzle, as in the paper"
        if accepted.rule == "solved"
        else "plans that gained and by those like them can be expected to gain elsewhere, "
        "as too few puzzles were solved for the paper's rule"
    )
    drawn = f", with {found.explored:.0%} of its plans' choices drawn by chance," if found.explored else ""
    effect = compare_gains(found.conditions[AFTER], found.conditions[BEFORE])
    low, high = effect.difference.low or 0, effect.difference.high or 0
    return [
        f"best fixed plan, chosen on other puzzles: {found.best_arm or NONE_WORKED}; the bandit's, "
        f"after {found.bandit_pulls} trials: {found.bandit_arm or NONE_WORKED}",
        f"the round{drawn} accepted {len(accepted.outcomes)} plans: {rule}"
        + ("" if found.editor_taught else "; there were none, so the editor stayed as it was"),
        f"gain after the round less before: {effect.difference.value or 0:+.3f} nats a token "
        f"({low:+.3f} to {high:+.3f}), p = {effect.p:.3f}",
    ]
