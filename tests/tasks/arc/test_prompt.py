"""Training tasks as rows: who says what, and what is trained."""

from __future__ import annotations

import pytest

from selfstudy.domain.row import Segment
from selfstudy.tasks.arc.leave_out import TrainingTask
from selfstudy.tasks.arc.prompt import TrainedOn, query_prompt, training_row
from selfstudy.tasks.arc.puzzle import Example
from tests.tasks.arc.strategies import grid

TASK = TrainingTask(
    (Example(grid("12"), grid("21")), Example(grid("3", "4"), grid("4", "3"))), Example(grid("56"), grid("65")), "made"
)


def test_inputs_are_asked_and_outputs_answered() -> None:
    row = training_row(TASK)
    assert [s.role for s in row.segments] == ["system", *["user", "assistant"] * 3]
    assert [s.text for s in row.segments[1:]] == ["1 2", "2 1", "3\n4", "4\n3", "5 6", "6 5"]
    assert (row.target, row.origin, row.loss, row.weight) == ("6 5", "made", "cross_entropy", 1.0)
    assert "output grid" in row.segments[0].text
    assert "\n" not in row.segments[0].text
    assert [s.text for s in training_row(TASK, between="").segments[1:3]] == ["12", "21"]


@pytest.mark.parametrize(
    ("trained_on", "trained"),
    [
        ("last_output", [False, False, False, False, False, False, True]),
        ("all_outputs", [False, False, True, False, True, False, True]),
        ("everything", [True] * 7),
    ],
)
def test_what_is_trained(trained_on: TrainedOn, trained: list[bool]) -> None:
    assert [s.trained for s in training_row(TASK, trained_on).segments] == trained


def test_a_query_is_asked_as_it_was_trained() -> None:
    prompt = query_prompt(TASK.context, TASK.held_out.input)
    assert prompt == training_row(TASK).segments[:-1]
    assert query_prompt((), grid("1"))[1:] == (Segment("user", "1", False),)
