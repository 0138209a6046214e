"""Plans: the paper's groups, draws that depend on the seed alone, no answer of the test in the training tasks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfstudy.tasks.arc.augment import (
    BASIC,
    BASIC_TOOLS,
    CHAIN_TOOLS,
    FULL,
    NO_TOOLS,
    REPEAT_TOOLS,
    SIZE_TOOLS,
    AugmentationPlan,
    training_tasks,
)
from selfstudy.tasks.arc.grid import LARGEST
from selfstudy.tasks.arc.puzzle import Example, Puzzle, Query
from tests.tasks.arc.strategies import grid, grids, puzzles

PUZZLE = Puzzle(
    "shift",
    (
        Example(grid("100", "020", "003"), grid("010", "002", "300")),
        Example(grid("1200", "0034", "0506"), grid("0120", "4003", "6050")),
        Example(grid("12", "34", "56"), grid("21", "43", "65")),
    ),
    (Query(grid("777"), grid("898", "989")),),
)
plans = st.builds(
    AugmentationPlan, st.booleans(), st.booleans(), st.booleans(), st.booleans(), most_tasks=st.integers(1, 60)
)
few = settings(max_examples=25)


def test_the_groups_have_the_papers_sizes() -> None:
    assert [len(group) for group in (BASIC_TOOLS, SIZE_TOOLS, CHAIN_TOOLS, REPEAT_TOOLS)] == [10, 3, 6, 3]
    assert len({tool.name for tool in FULL.tools}) == 22
    assert (len(NO_TOOLS.tools), len(BASIC.tools)) == (0, 10)


def test_counts_of_a_known_puzzle() -> None:
    """9 leave-out tasks; in each 11 basic, 3 size, 6 chain, 3 repeat tools apply, and no two make the same."""
    once = AugmentationPlan(num_permutations=0, most_tasks=9999)
    counts = {"basic": 11, "size": 3, "chain": 6, "repeat": 3}
    assert len(training_tasks(PUZZLE, once)) == 9
    for group, num in counts.items():
        assert len(training_tasks(PUZZLE, replace(once, **{group: True}))) == 9 * (1 + num)
    everything = training_tasks(PUZZLE, replace(FULL, num_permutations=0, most_tasks=9999))
    assert len(everything) == 9 * (1 + sum(counts.values()))
    permuted = training_tasks(PUZZLE, replace(FULL, most_tasks=9999))
    assert set(everything) < set(permuted)
    assert len(permuted) == 2 * len(everything)
    assert len(training_tasks(PUZZLE, FULL)) == 250


def test_without_tools_no_colour_is_permuted() -> None:
    origins = {task.origin for task in training_tasks(PUZZLE, NO_TOOLS)}
    assert not any("recolour" in origin for origin in origins)
    assert any("recolour" in task.origin for task in training_tasks(PUZZLE, BASIC))


def test_translation_moves_within_the_smallest_grid() -> None:
    plan = AugmentationPlan(basic=True, num_permutations=0, most_tasks=9999)
    shifts: set[tuple[int, ...]] = set()
    for seed in range(20):
        origins = [
            task.origin for task in training_tasks(PUZZLE, replace(plan, seed=seed)) if "translate" in task.origin
        ]
        assert len(origins) == 9, "a task that is moved by nothing would be the task itself"
        shifts |= {tuple(map(int, origin.split("translate_")[1].split("_"))) for origin in origins}
    assert shifts == {(down, right) for down in range(3) for right in range(3)} - {(0, 0)}
    dots = Puzzle("dots", tuple(Example(grid(str(n)), grid(str(n))) for n in (1, 2, 3)), PUZZLE.test)
    assert training_tasks(dots, replace(plan, leave_out=(1,)))


@few
@given(puzzles(), plans)
def test_the_same_seed_makes_the_same_tasks(puzzle: Puzzle, plan: AugmentationPlan) -> None:
    tasks = training_tasks(puzzle, plan)
    assert tasks == training_tasks(replace(puzzle, id="other"), plan)
    assert len(tasks) == len(set(tasks)) <= plan.most_tasks
    assert all(max(g.height, g.width) <= LARGEST for task in tasks for g in task.grids)
    assert all(task.held_out not in task.context and task.context for task in tasks)


def test_the_seed_decides_the_draw() -> None:
    assert len({training_tasks(PUZZLE, replace(BASIC, seed=seed)) for seed in range(5)}) == 5
    whole = [training_tasks(PUZZLE, replace(NO_TOOLS, size=True, most_tasks=9999, seed=seed)) for seed in range(5)]
    assert len(set(map(frozenset, whole))) == 5, "the permutations are drawn anew as well"


@few
@given(puzzles(fewest=2), plans, grids(4), grids(4))
def test_the_queries_decide_on_nothing(puzzle: Puzzle, plan: AugmentationPlan, one: object, other: object) -> None:
    """Neither a query nor its answer can reach a training task, if other queries leave every task as it is."""
    assert training_tasks(puzzle, plan) == training_tasks(replace(puzzle, test=(Query(one, other),)), plan)  # type: ignore[arg-type]


def test_an_answer_that_no_tool_makes_stands_in_no_task() -> None:
    answer = PUZZLE.test[0].output
    assert answer is not None
    assert all(g != answer for task in training_tasks(PUZZLE, replace(FULL, most_tasks=9999)) for g in task.grids)


@few
@given(puzzles(fewest=2), plans)
def test_a_smaller_cap_is_a_first_part_and_a_larger_plan_keeps_the_order(
    puzzle: Puzzle, plan: AugmentationPlan
) -> None:
    whole = training_tasks(puzzle, replace(plan, most_tasks=99999))
    assert training_tasks(puzzle, plan) == whole[: plan.most_tasks]
    fuller = training_tasks(puzzle, replace(plan, basic=True, size=True, most_tasks=99999))
    shared = set(whole) & set(fuller)
    assert [task for task in fuller if task in shared] == [task for task in whole if task in shared]


def test_tools_that_would_make_too_large_a_grid_are_left_out() -> None:
    tall = Example(grid(*["10"] * 16), grid(*["01"] * 15))
    tasks = training_tasks(replace(PUZZLE, train=(tall, *PUZZLE.train[:2])), replace(FULL, leave_out=(1,)))
    made = {step for task in tasks for step in task.origin.split("+")}
    assert {"rotate_90", "width_2", "repeat_right_2", "reflect_left"} <= made
    assert made.isdisjoint({"resolution_2", "height_2", "repeat_down_2", "repeat_both_2", "reflect_above"})


def test_tasks_that_do_not_fit_make_room_for_others() -> None:
    short = training_tasks(PUZZLE, FULL, fits=lambda task: len(task.context) == 1)
    assert len(short) == 250
    assert all(len(task.context) == 1 for task in short)


def test_one_example_gives_no_task() -> None:
    assert training_tasks(replace(PUZZLE, train=PUZZLE.train[:1]), FULL) == ()
    assert training_tasks(replace(PUZZLE, train=PUZZLE.train[:1] * 3), FULL) == ()


@pytest.mark.parametrize("wrong", [{"leave_out": ()}, {"leave_out": (0,)}, {"num_permutations": -1}, {"most_tasks": 0}])
def test_impossible_plans_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^augmentation plan: .* at least"):
        AugmentationPlan(**wrong)  # type: ignore[arg-type]
