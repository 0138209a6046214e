"""Self-edits that say how they are to be trained on: what is read, what is refused, what remains as rows."""

from __future__ import annotations

import pytest

from selfstudy.domain.directives import Directives
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.self_edits.directive_line import read_directives
from selfstudy.self_edits.free_forms import get_free_form

PASSAGE = Passage("p", "Tolland Mill", "The mill was built in 1871.\nIt grinds oats.")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Learning rate: 0.001, epochs: 5", Directives(1e-3, 5)),
        ("learning rate = 2e-4,EPOCHS=20, rule: Distil.,", Directives(2e-4, 20, "distil")),
        ("  rule: sft, learning rate: 1e-5", Directives(1e-5, rule="sft")),
    ],
)
def test_lines_that_can_be_read(line: str, wanted: Directives) -> None:
    assert read_directives(line) == wanted
    assert read_directives(wanted.text) == wanted


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "directives: '' is none of learning rate, epochs, rule with a value"),
        ("1. The mill is old.", "directives: '1. The mill is old' is none of learning rate, epochs, rule with a value"),
        ("learning rate: high", "directives: learning rate 'high' is not a number"),
        ("epochs: 2.5", "directives: epochs '2.5' is not a whole number"),
        ("epochs: 2, Epochs: 3", "directives: epochs stands there twice"),
        ("learning rate: 0.5", "directives: learning rate 0.5 must lie from 1e-05 to 0.01"),
        ("learning rate: nan", "directives: learning rate nan must lie from 1e-05 to 0.01"),
        ("epochs: 21", "directives: epochs 21 must lie from 1 to 20"),
        ("epochs: 0", "directives: epochs 0 must lie from 1 to 20"),
        ("rule: luck", "directives: rule 'luck' is unknown; use sft or distil"),
        ("learning rate: 0.001 for 5 epochs", "directives: 'learning rate: 0.001 for 5 epochs' is none of"),
    ],
)
def test_lines_that_cannot(line: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_directives(line)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "completion", "rows"),
    [
        ("rewrite", " 0.002, epochs: 3\nRewritten passages:\nOats are ground there.", ["Oats are ground there."]),
        ("implications", " 0.002, epochs: 3\n\n1. It is old.\n2. It grinds.", ["1. It is old.", "2. It grinds."]),
        ("self_qa", " 0.002, epochs: 3\nWho?\nAnswer: Jost", ["Question 1: Who?\nAnswer: Jost"]),
    ],
)
def test_the_line_becomes_directives_and_the_rest_rows(name: str, completion: str, rows: list[str]) -> None:
    form = get_free_form(f"{name}_directed")
    edit = form.edit(PASSAGE, completion)
    assert edit.directives == Directives(2e-3, 3)
    assert edit.impossible is None
    assert edit.format == form.name == f"{name}_directed"
    assert [row.target for row in edit.rows] == [f"Tolland Mill\n{each}" for each in (*rows, PASSAGE.text)]
    assert form.plain_cue == form.reply_cue == "Learning rate:"
    told, base = (get_free_form(each).instruction(PASSAGE) for each in (form.name, name))
    assert told.endswith(base)
    assert "from 0.00001 to 0.01, and for how many epochs, from 1 to 20." in told


def test_what_cannot_be_carried_out_is_kept_with_its_reason_and_without_rows() -> None:
    edit = get_free_form("rewrite_directed").edit(PASSAGE, " 7, epochs: 3\nOats are ground there.")
    assert (edit.rows, edit.directives) == ((), Directives())
    assert edit.impossible == "directives: learning rate 7 must lie from 1e-05 to 0.01"


def test_rows_that_hold_a_question_are_dropped_here_too() -> None:
    quiz = (Question("When was the mill built?", ("1871",)),)
    leak = " 0.002\nWhen was the mill built?\nAnswer: 1871"
    edit = get_free_form("self_qa_directed").edit(PASSAGE, leak, quiz)
    assert len(edit.rows) == len(edit.dropped) == 1
