"""The experiment in three sizes: all values in one place.

What differs from the paper (appendix A): adapters of rank 16 with alpha 32, as training is short; a budget of tokens in
place of 375 steps, and at small ones a loss on the outputs of a task's context as well; rates and epochs of the fixed
plans are ours. The editor is taught by the paper's recipe within a budget; at small sizes by one plan a step and at a
higher rate, since a dozen plans make few steps. There, too, half of the choices in a round's plans are drawn by chance
(`explore`; paper: none), as a small model never samples some of them; reported plans are the editor's own. In every
size plans are accepted by expected gains where too few puzzles are solved (`select`; paper: solves alone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from selfstudy.tasks.arc.adapt import AdaptSettings
from selfstudy.tasks.arc.answer import AnswerSettings
from selfstudy.tasks.arc.editor import EditorSettings
from selfstudy.tasks.arc.plans import fixed_plans
from selfstudy.tasks.arc.puzzle import Puzzle
from selfstudy.tasks.arc.subsets import load

_PAPER = EditorSettings()


@dataclass(frozen=True)
class Preset:
    """`learn` puzzles serve to learn plans on and to choose fixed ones, `report` puzzles are reported.

    Both are those of the fewest tokens in their source (`subsets.load`); of one source they alternate by size, so that
    neither has the easier ones. None takes all. `samples` plans are written for each puzzle, in a round and in the
    report; with probability `explored` a choice in a round's plan is drawn by chance. `pulls` is how many fixed plans
    the bandit tries a puzzle. `minutes` bounds a part; the next call goes on.
    """

    name: str
    learn_source: str = "training"
    report_source: str = "training"
    num_learn: int | None = 16
    num_report: int | None = 16
    arms: tuple[str, ...] = ("plain", "basic", "all", "basic everything")
    samples_learn: int = 6
    samples_report: int = 5
    explored: float = 0.0
    pulls: int = 1
    adapting: AdaptSettings = field(default_factory=AdaptSettings)
    answering: AnswerSettings = field(default_factory=AnswerSettings)
    editor: EditorSettings = _PAPER
    fewest_solved: int = 4
    cohort: int = 16
    minutes: float | None = None
    model: str = "smollm2-135m"

    def __post_init__(self) -> None:
        if unknown := [arm for arm in self.arms if arm not in fixed_plans()]:
            raise ValueError(f"preset {self.name}: there is no fixed plan {unknown[0]!r}")
        if not 0 <= self.explored <= 1:
            raise ValueError(f"preset {self.name}: explored {self.explored} is a probability; make it 0 to 1")


_SHORT = replace(
    _PAPER, recipe=replace(_PAPER.recipe, learning_rate=5e-4, epochs=4, rows_per_step=1), budget=60_000, longest=2048
)  # fmt: skip
PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "smoke", num_learn=4, num_report=4, arms=("basic", "all"), samples_learn=2, samples_report=1, cohort=8,
            adapting=AdaptSettings(budget=1000), answering=AnswerSettings(num_views=2), fewest_solved=2,
            explored=0.5, editor=replace(_SHORT, budget=8000),
        ),
        Preset("small", explored=0.5, adapting=AdaptSettings(budget=3000), editor=_SHORT),
        Preset(
            "full", report_source="evaluation", num_learn=48, num_report=None, arms=tuple(fixed_plans()),
            samples_learn=15, samples_report=5, pulls=3, cohort=32, minutes=8.0, fewest_solved=8,
            adapting=AdaptSettings(budget=40_000, outputs="last_output", longest=8192),
            answering=AnswerSettings(num_views=5, longest=8192), editor=replace(_PAPER, longest=8192),
            model="qwen2.5-coder-0.5b",
        ),
    )
}  # fmt: skip


def puzzles_of(preset: Preset) -> tuple[tuple[Puzzle, ...], tuple[Puzzle, ...]]:
    """The puzzles to learn on and to report, all with known answers. Raises ValueError as `subsets.load` does."""
    if preset.learn_source != preset.report_source:
        return (
            smallest(load(preset.learn_source), preset.num_learn),
            smallest(load(preset.report_source), preset.num_report),
        )
    ranked = smallest(load(preset.report_source), None)
    half = len(ranked) // 2
    learn, report = preset.num_learn or half, preset.num_report or half
    both = ranked[: learn + report]
    # In turns, until one part is full.
    first = [p for place, p in enumerate(both[: 2 * min(learn, report)]) if place % 2 == 0]
    second = [p for place, p in enumerate(both[: 2 * min(learn, report)]) if place % 2 == 1]
    rest = both[2 * min(learn, report) :]
    return (*first, *rest[: learn - len(first)]), (*second, *rest[: report - len(second)])


def smallest(puzzles: Sequence[Puzzle], num: int | None) -> tuple[Puzzle, ...]:
    """Those of the fewest tokens, as `GridForm` writes them where it can: a token a cell and one a line."""
    known = [puzzle for puzzle in puzzles if all(query.output is not None for query in puzzle.test)]
    return tuple(sorted(known, key=_size)[:num])


def _size(puzzle: Puzzle) -> int:
    grids = [grid for example in puzzle.train for grid in (example.input, example.output)]
    grids += [grid for query in puzzle.test for grid in (query.input, query.output) if grid is not None]
    return sum(grid.height * (grid.width + 1) for grid in grids)
