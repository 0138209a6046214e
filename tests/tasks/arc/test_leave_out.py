"""Leave-one-out and leave-two-out tasks."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.tasks.arc.leave_out import TrainingTask, leave_out
from selfstudy.tasks.arc.puzzle import Example
from selfstudy.tasks.arc.transforms import ROTATE_90, Enlargement, Ordering
from tests.tasks.arc.strategies import examples, grid

A, B, C = (Example(grid(str(n)), grid(str(n + 1))) for n in (1, 2, 3))


def test_known_tasks() -> None:
    assert leave_out((A, B, C), 1) == (TrainingTask((B, C), A), TrainingTask((A, C), B), TrainingTask((A, B), C))
    pairs = [(task.context, task.held_out) for task in leave_out((A, B, C), 2)]
    assert pairs == [((B,), A), ((C,), A), ((A,), B), ((C,), B), ((A,), C), ((B,), C)]
    assert {task.origin for task in leave_out((A, B, C), 2)} == {"leave_2_out"}


@given(st.lists(examples, unique=True, max_size=5).map(tuple), st.integers(1, 4))
def test_counts_and_that_no_answer_stands_in_its_context(given: tuple[Example, ...], num: int) -> None:
    tasks = leave_out(given, num)
    n = len(given)
    assert len(tasks) == len(set(tasks)) == (n * comb(n - 1, num - 1) if n > num else 0)
    for task in tasks:
        assert len(task.context) == n - num
        assert task.held_out not in task.context
        assert sorted(task.context, key=given.index) == list(task.context)
    assert len({task.identity for task in tasks}) == len(tasks)


def test_an_example_that_stands_there_twice_counts_once() -> None:
    assert leave_out((A, B, A), 1) == leave_out((A, B), 1)


def test_nothing_held_out_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^leave out: 0 must be at least 1, the example that is held out$"):
        leave_out((A, B), 0)


def test_a_task_is_transformed_and_reordered_as_a_whole() -> None:
    wide = Example(grid("12"), grid("3"))
    task = TrainingTask((wide, A), B, "leave_1_out")
    made = task.transformed(ROTATE_90).reordered(Ordering((1, 0)))
    assert made == TrainingTask((A, Example(grid("1", "2"), grid("3"))), B)
    assert made.origin == "leave_1_out+rotate_90+order_1_0"
    assert len(task.grids) == 6
    with pytest.raises(ValueError, match=r"^width_16: the grid would have 1×32 cells; 30×30 at most$"):
        task.transformed(Enlargement(1, 16))
