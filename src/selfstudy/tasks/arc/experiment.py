"""The experiment of the paper's few-shot domain: what plans are worth, and whether the editor learns to write them.

The learner is the base in all conditions; what the round changes is who writes the plans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfstudy.domain.identity import content_hash
from selfstudy.engine.contract import AllowedTokens
from selfstudy.tasks.arc.arms import bandit, best_arm, favourite
from selfstudy.tasks.arc.bench import Bench
from selfstudy.tasks.arc.editor import plan_row, teach_plans, write_plans
from selfstudy.tasks.arc.explore import explored
from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import parse_plan, plan_text
from selfstudy.tasks.arc.plan_prompt import plan_prompt
from selfstudy.tasks.arc.plans import NAMED, fixed_plans
from selfstudy.tasks.arc.pooled import pooled_gains
from selfstudy.tasks.arc.presets import Preset
from selfstudy.tasks.arc.puzzle import Puzzle
from selfstudy.tasks.arc.select import Accepted, accept

if TYPE_CHECKING:
    from selfstudy.engine.adapter import Adapter

Outcomes = Mapping[str, tuple[PuzzleOutcome, ...]]
"""By puzzle, one outcome a plan."""
Tell = Callable[[str, str, Outcomes], None]
"""A part of the experiment ("fixed plan", "condition" or "round"), its name, and what came of it."""

IN_CONTEXT, BASIC, ALL, BEST_FIXED, BANDIT, BEFORE, TRIED, AFTER = (
    "in context only", "basic", "all", "best fixed plan", "bandit", "own plans, before the round",
    "own plans, to learn from", "own plans, after one round",
)  # fmt: skip


NONE_WORKED = "none, as none of them worked"
"""What is said in a plan's place where every plan failed on every puzzle."""


@dataclass(frozen=True)
class Findings:
    """`conditions` hold what came of the reported puzzles, by condition; `arms` what came of the fixed plans on the
    puzzles to learn on. `tried` are the round's plans on those, by the base but for what chance drew; `accepted`
    are what was accepted of them.

    `best_arm` and `bandit_arm` are None where no fixed plan worked on any puzzle; their conditions are then left out.
    `editor_taught` is False where nothing was accepted; the editor after the round is then the base. `explored` is the
    share of choices in `tried` that chance drew.
    """

    conditions: Mapping[str, Outcomes]
    arms: Mapping[str, Outcomes]
    tried: Outcomes
    accepted: Accepted
    best_arm: str | None
    bandit_arm: str | None
    bandit_pulls: int
    editor_taught: bool
    explored: float = 0.0


def run(
    bench: Bench,
    allowed: AllowedTokens,
    learn: Sequence[Puzzle],
    report: Sequence[Puzzle],
    preset: Preset,
    *,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
    tell: Tell = lambda part, name, outcomes: None,
) -> Findings:
    """All conditions. `tell` is told of each part as it is done."""

    def told(part: str, name: str, outcomes: Outcomes) -> Outcomes:
        tell(part, name, outcomes)
        return outcomes

    def report_of(name: str, plan: Plan | None) -> Outcomes:
        return told("condition", name, _same(bench, report, plan, name))

    plans = {name: fixed_plans()[name] for name in preset.arms}
    arms = {
        name: told("fixed plan", name, _same(bench, learn, plan, f"fixed plan {name}, to choose"))
        for name, plan in plans.items()
    }
    best = best_arm({name: _flat(found) for name, found in arms.items()})
    pulled = _bandit(arms, learn, preset.pulls, seed)
    chosen = favourite(pulled)
    say(
        f"best fixed plan: {best or NONE_WORKED}; "
        f"the bandit's, after {len(pulled)} of {len(arms) * len(learn)} trials: {chosen or NONE_WORKED}"
    )
    conditions: dict[str, Outcomes] = {
        IN_CONTEXT: report_of(IN_CONTEXT, None),
        BASIC: report_of(BASIC, NAMED["basic"]),
        ALL: report_of(ALL, NAMED["all"]),
    }
    for name, arm in ((BEST_FIXED, best), (BANDIT, chosen)):
        if arm is not None:
            conditions[name] = report_of(name, plans[arm])
    before = _own(bench, allowed, report, preset, preset.samples_report, seed, BEFORE)
    conditions[BEFORE] = told("condition", BEFORE, before)
    tried = _own(bench, allowed, learn, preset, preset.samples_learn, seed, TRIED, share=preset.explored)
    tell("round", TRIED, tried)
    accepted = accept(tried, pooled_gains(tried), fewest_solved=preset.fewest_solved)
    say(f"{len(accepted.outcomes)} plans accepted by the rule {accepted.rule!r}")
    taught, who = _taught(bench, learn, accepted, preset, seed)
    after = _own(bench, allowed, report, preset, preset.samples_report, seed, AFTER, taught, who)
    conditions[AFTER] = told("condition", AFTER, after)
    return Findings(
        conditions, arms, tried, accepted, best, chosen, len(pulled), bool(taught), preset.explored
    )  # fmt: skip


def _same(bench: Bench, puzzles: Sequence[Puzzle], plan: Plan | None, stage: str) -> Outcomes:
    outcomes = bench.run([(puzzle, plan) for puzzle in puzzles], stage)
    return {puzzle.id: (each,) for puzzle, each in zip(puzzles, outcomes, strict=True)}


def _own(
    bench: Bench, allowed: AllowedTokens, puzzles: Sequence[Puzzle], preset: Preset, samples: int, seed: int,
    stage: str, adapters: tuple[Adapter, ...] = (), who: str = "", share: float = 0.0,
) -> Outcomes:  # fmt: skip
    """What comes of the editor's own plans, `samples` for each puzzle. `adapters` are what it was taught; `share` of
    the choices are drawn by chance."""
    plans = [
        each
        for start in range(0, len(puzzles), bench.cohort)
        for each in _written(
            bench, allowed, puzzles[start : start + bench.cohort], preset, samples, seed, adapters, who
        )
    ]
    pairs = [
        (puzzle, plan)
        for puzzle, own in zip(puzzles, plans, strict=True)
        for plan in explored(own, share, seed=seed, puzzle=puzzle.id)
    ]
    outcomes = bench.run(pairs, stage)
    return {puzzle.id: tuple(outcomes[n * samples : (n + 1) * samples]) for n, puzzle in enumerate(puzzles)}


def _written(
    bench: Bench, allowed: AllowedTokens, puzzles: Sequence[Puzzle], preset: Preset, samples: int, seed: int,
    adapters: tuple[Adapter, ...], who: str,
) -> list[tuple[Plan, ...]]:  # fmt: skip
    """The editor's plans for a cohort of puzzles, as they are recorded."""
    between, longest = bench.grids.between, preset.editor.longest
    prompts = [repr(plan_prompt(puzzle, between)) for puzzle in puzzles]
    about = [who, str(samples), str(seed), str(longest), *(puzzle.id for puzzle in puzzles), *prompts]

    def write() -> tuple[tuple[str, ...], ...]:
        plans = write_plans(
            bench.engine, bench.form, between, puzzles, allowed,
            samples=samples, seed=seed, longest=longest, adapters=adapters,
        )  # fmt: skip
        return tuple(tuple(map(plan_text, each)) for each in plans)

    return [tuple(map(parse_plan, each)) for each in bench.texts("arc plans", about, write)]


def _bandit(
    arms: Mapping[str, Outcomes], learn: Sequence[Puzzle], pulls: int, seed: int
) -> list[tuple[str, PuzzleOutcome]]:
    """The bandit's trials out of the table that the choice of the best fixed plan needs anyway."""
    pulled: list[tuple[str, PuzzleOutcome]] = []

    def trial(arm: str, puzzle: str) -> PuzzleOutcome:
        (outcome,) = arms[arm][puzzle]
        pulled.append((arm, outcome))
        return outcome

    bandit(list(arms), [puzzle.id for puzzle in learn], trial, pulls=min(pulls, len(arms)), seed=seed)
    return pulled


def _taught(
    bench: Bench, learn: Sequence[Puzzle], accepted: Accepted, preset: Preset, seed: int
) -> tuple[tuple[Adapter, ...], str]:
    """The editor's adapter, if anything was accepted, and its name in records."""
    by_id = {puzzle.id: puzzle for puzzle in learn}
    examples = [(by_id[each.puzzle], parse_plan(each.plan)) for each in accepted.outcomes]
    if not examples:
        return (), ""
    between, longest = bench.grids.between, preset.editor.longest
    about = [repr(plan_row(bench.form, between, *each, longest)) for each in examples]
    data = bench.record(
        "arc editor",
        [repr(preset.editor), str(seed), *about],
        lambda: teach_plans(bench.engine, bench.form, between, examples, preset.editor, seed=seed).to_bytes(),
    )
    return (bench.engine.read_adapter(data)[0],), content_hash(data.hex())


def _flat(outcomes: Outcomes) -> list[PuzzleOutcome]:
    return [each for found in outcomes.values() for each in found]
