"""Rows: means over passages, seeds as one, and what the paper says beside them."""

from __future__ import annotations

import pytest

from selfstudy.tasks.squad.paper import paper_accuracy
from selfstudy.tasks.squad.table import AnsweredKey, TableRow, over_seeds


def test_a_passage_weighs_as_much_as_another_however_many_questions_it_has() -> None:
    answered = (
        AnsweredKey("p", (1.0, 0.0, 0.0, 0.0), (0.4, 0.0, 0.0, 0.0), ("a", "b", "c", "d")),
        AnsweredKey("q", (1.0,), (2.0,), ("a",)),
        AnsweredKey("failed", (), (), ()),
    )
    row = TableRow("rewrite", answered, 100.0, 1.0, 1)
    assert row.accuracy.value == pytest.approx((0.25 + 1.0) / 2)
    assert row.likelihood_gain.value == pytest.approx((0.1 + 2.0) / 2)
    assert row.accuracy.low is not None
    assert row.accuracy.low <= 0.625
    assert row.num_questions == 5


def test_one_passage_has_no_interval() -> None:
    row = TableRow("rewrite", (AnsweredKey("p", (1.0, 0.0), (0.5, 0.5), ("a", "b")),), 1.0, 1.0)
    assert (row.accuracy.value, row.accuracy.low, row.accuracy.high) == (0.5, None, None)


def test_seeds_are_averaged_question_by_question() -> None:
    found = over_seeds("p", [((1.0, 0.0), (2.0, 0.0), ("a", "b")), ((0.0, 0.0), (1.0, -1.0), ("c", "d"))])
    assert found == AnsweredKey("p", (0.5, 0.0), (1.5, -0.5), ("a", "b"))
    assert over_seeds("p", []).right == ()


@pytest.mark.parametrize(
    ("row", "form", "wanted"),
    [("closed_book", None, 32.7), ("rewrite", "implications", 49.4), ("rest_em_2", "implications", 47.0),
     ("rest_em_1", "rewrite", 55.3), ("rest_em_1", "none", None), ("notes:gpt41_implications", None, 46.3),
     ("ours", "implications", None)],
)  # fmt: skip
def test_the_papers_figures(row: str, form: str | None, wanted: float | None) -> None:
    assert paper_accuracy(row, form) == wanted
