"""From a puzzle and a plan to training tasks: leave-out tasks, the same transformed, and one permutation of each.

The groups of tools are the paper's (appendix A), with the members of its released code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from selfstudy.domain.identity import content_hash
from selfstudy.tasks.arc.grid import NUM_COLOURS
from selfstudy.tasks.arc.leave_out import TrainingTask, leave_out
from selfstudy.tasks.arc.puzzle import Puzzle
from selfstudy.tasks.arc.transforms import (
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    ROTATE_90,
    ROTATE_180,
    ROTATE_270,
    TRANSPOSE,
    Chain,
    Enlargement,
    Ordering,
    Recolouring,
    Reflection,
    Repetition,
    Transform,
    Translation,
)

_TURNS = (ROTATE_90, ROTATE_270, ROTATE_180, FLIP_VERTICAL, FLIP_HORIZONTAL, TRANSPOSE)
_DOUBLE = Enlargement(2, 2)
BASIC_TOOLS: tuple[Transform, ...] = (
    *_TURNS,
    Reflection("above"),
    Reflection("below"),
    Reflection("left"),
    Reflection("right"),
)
"""Besides these ten, the basic group translates each task by a shift that is drawn for it."""
SIZE_TOOLS: tuple[Transform, ...] = (_DOUBLE, Enlargement(2, 1), Enlargement(1, 2))
CHAIN_TOOLS: tuple[Transform, ...] = tuple(Chain((turn, _DOUBLE)) for turn in _TURNS)
REPEAT_TOOLS: tuple[Transform, ...] = (Repetition(2, 1), Repetition(1, 2), Repetition(2, 2))
_FARTHEST = 3  # cells that a translation moves by, at most


@dataclass(frozen=True)
class AugmentationPlan:
    """Which tools make training tasks, and how many tasks are kept.

    `leave_out` lists how many examples are left out, each by itself. Every task is there once as it is and
    `num_permutations` times with its context in a drawn order, its colours permuted too if any tool is chosen.
    """

    basic: bool = False
    size: bool = False
    chain: bool = False
    repeat: bool = False
    leave_out: tuple[int, ...] = (1, 2)
    num_permutations: int = 1
    most_tasks: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.leave_out or min(self.leave_out) < 1:
            raise ValueError(f"augmentation plan: leave_out {self.leave_out} must hold numbers of at least 1")
        if self.num_permutations < 0 or self.most_tasks < 1:
            raise ValueError(
                f"augmentation plan: num_permutations {self.num_permutations} must be at least 0, "
                f"most_tasks {self.most_tasks} at least 1"
            )

    @property
    def tools(self) -> tuple[Transform, ...]:
        """Those that are the same for every task."""
        chosen = (self.basic, self.size, self.chain, self.repeat)
        groups = (BASIC_TOOLS, SIZE_TOOLS, CHAIN_TOOLS, REPEAT_TOOLS)
        return tuple(tool for group, is_chosen in zip(groups, chosen, strict=True) if is_chosen for tool in group)


NO_TOOLS = AugmentationPlan()
BASIC = AugmentationPlan(basic=True)
FULL = AugmentationPlan(basic=True, size=True, chain=True, repeat=True)


def training_tasks(
    puzzle: Puzzle, plan: AugmentationPlan, fits: Callable[[TrainingTask], bool] = lambda task: True
) -> tuple[TrainingTask, ...]:
    """Distinct tasks made of `puzzle.train` alone, `plan.most_tasks` at most; none for a puzzle with one example.

    They come in an order drawn by the seed, so that any first part is a fair sample of them. How a task is permuted,
    and its place relative to another, depends on the seed and these tasks alone: plans share what they have in common.
    `fits` leaves out tasks that are too long; it is handed in, since only who has a tokenizer can tell.
    """
    plain = [task for num in dict.fromkeys(plan.leave_out) for task in leave_out(puzzle.train, num)]
    whole = [*plain, *_augmented(plain, plan)]
    distinct = dict.fromkeys([*whole, *_permuted(whole, plan)])
    drawn = sorted(distinct, key=lambda task: content_hash("drawn", str(plan.seed), task.identity))
    return tuple(islice(filter(fits, drawn), plan.most_tasks))


def _augmented(tasks: Iterable[TrainingTask], plan: AugmentationPlan) -> Iterable[TrainingTask]:
    for task in tasks:
        shifts = (_translation(task, plan.seed),) if plan.basic else ()
        for tool in (*plan.tools, *shifts):
            if tool.applies_to(*task.grids):
                yield task.transformed(tool)


def _permuted(tasks: Iterable[TrainingTask], plan: AugmentationPlan) -> Iterable[TrainingTask]:
    for task in tasks:
        for turn in range(plan.num_permutations):
            order = _shuffled(range(len(task.context)), "order", plan.seed, turn, task)
            permuted = task.reordered(Ordering(order))
            yield permuted.transformed(_recolouring(plan.seed, turn, task)) if plan.tools else permuted


def _recolouring(seed: int, turn: int, task: TrainingTask) -> Recolouring:
    """0 stays, being the background of most puzzles."""
    return Recolouring((0, *_shuffled(range(1, NUM_COLOURS), "colours", seed, turn, task)))


def _translation(task: TrainingTask, seed: int) -> Translation:
    """By up to `_FARTHEST` cells each way, below the smallest grid's sides; by none only if that leaves no choice."""
    down = range(min(1 + _FARTHEST, *(grid.height for grid in task.grids)))
    right = range(min(1 + _FARTHEST, *(grid.width for grid in task.grids)))
    shifts = [down_by * (1 + _FARTHEST) + right_by for down_by in down for right_by in right]
    drawn = _shuffled(shifts[1:], "shift", seed, 0, task)
    return Translation(*divmod(drawn[0] if drawn else 0, 1 + _FARTHEST))


def _shuffled(items: Iterable[int], stream: str, seed: int, turn: int, task: TrainingTask) -> tuple[int, ...]:
    # By hash, not `random`: the same draw in every version of Python.
    key = (stream, str(seed), str(turn), task.identity)
    return tuple(sorted(items, key=lambda item: content_hash(*key, str(item))))
