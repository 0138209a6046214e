"""Training tasks and queries as conversations: an input is what the user says, its output what the assistant answers.

Roles and texts only; the model's own template puts them into tokens (`models.chat`), and the row says what is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from selfstudy.domain.row import Row, Segment
from selfstudy.tasks.arc.grid import Grid
from selfstudy.tasks.arc.leave_out import TrainingTask
from selfstudy.tasks.arc.puzzle import Example

TrainedOn = Literal["everything", "all_outputs", "last_output"]
"""The paper's two loss strategies are `everything` and `last_output` ("all tokens", "output tokens"; appendix A).

`all_outputs` trains the outputs of the context as well, each given the examples before it.
"""

_INSTRUCTION = Path(__file__).parent / "prompts" / "solve.txt"


def training_row(task: TrainingTask, trained_on: TrainedOn = "last_output", between: str = " ") -> Row:
    """The task as one row; `between` stands between the digits of a grid (`Grid.text`)."""
    text = trained_on == "everything"
    last = len(task.context)
    segments = [_instruction(trained=text)]
    for place, example in enumerate(task.examples):
        output = text or trained_on == "all_outputs" or place == last
        segments += _turns(example, text, output, between)
    return Row(tuple(segments), origin=task.origin)


def query_prompt(context: Sequence[Example], query: Grid, between: str = " ") -> tuple[Segment, ...]:
    """The conversation up to where the output of `query` is to be answered; begins like `training_row`'s."""
    turns = [segment for example in context for segment in _turns(example, False, False, between)]
    return (_instruction(trained=False), *turns, Segment("user", query.text(between), False))


def _instruction(*, trained: bool) -> Segment:
    return Segment("system", _INSTRUCTION.read_text(encoding="utf-8").strip(), trained)


def _turns(example: Example, train_input: bool, train_output: bool, between: str) -> tuple[Segment, Segment]:
    return (
        Segment("user", example.input.text(between), train_input),
        Segment("assistant", example.output.text(between), train_output),
    )
