"""Rows against the tokens that they trained on."""

from __future__ import annotations

import pytest

from selfstudy.reports.token_chart import Reached, token_chart
from selfstudy.statistics.bootstrap import Estimate
from tests.reports.drawing import drawing, marks, place, words

ROWS = [
    Reached(1, 0.0, Estimate(10.0, 2.0, 18.0)), Reached(2, 1000.0, Estimate(20.0, 12.0, 28.0)),
    Reached(3, 500.0, Estimate(10.0, None, None)), Reached(4, 700.0, Estimate(None, None, None)),
]  # fmt: skip


def test_points_stand_at_their_tokens_and_values_under_their_numbers() -> None:
    root = drawing(token_chart("Accuracy", "right answers, %", ROWS, "{:.0f} %").chart)
    first, second, third = (place(e) for e in marks(root, 2))
    assert third[0] - first[0] == pytest.approx((second[0] - first[0]) / 2)
    assert third[1] == pytest.approx(first[1])
    assert second[1] < first[1]
    lengths = [abs(float(e.get("y2", 0))) for e in marks(root, 1)]
    assert lengths == pytest.approx([16 / 10 * (first[1] - second[1])] * 2)
    said = words(root)
    assert {"1", "2", "3", "right answers, %", "tokens trained on, a trial", "1,000"} <= set(said)
    assert "4" not in said
    names = {e.text: place(e) for e in marks(root, 3)}
    assert all(abs(names[text][1] - point[1]) < 20 for text, point in zip("123", (first, second, third), strict=True))
    assert "row 2: 20 % at 1,000 tokens" in (root.get("aria-label") or "")


def test_without_two_budgets_nothing_is_set_against_them() -> None:
    untrained = token_chart("Accuracy", "%", [ROWS[0], Reached(2, 0.0, Estimate(54.0, 40.0, 60.0))])
    assert untrained.chart is None
    assert untrained.said == "All rows so far were trained on no tokens: there is nothing to set against tokens."
    alike = token_chart("Accuracy", "%", [ROWS[1], Reached(5, 1000.2, Estimate(1.0, None, None))])
    assert "trained on 1,000 tokens:" in alike.said
    zeros = [Reached(n, tokens, Estimate(0.0, 0.0, 0.0)) for n, tokens in ((1, 0.0), (2, 800.0))]
    found = token_chart("Accuracy", "right answers, %", zeros, "{:.1f} %")
    assert (found.chart, found.said) == (None, "All 2 rows have 0.0 %, whatever they were trained on.")
    assert token_chart("Accuracy", "%", ROWS[3:]).said.startswith("No row is done:")
