"""Seconds a trial."""

from __future__ import annotations

import re

import pytest

from selfstudy.domain.rewarded import Pace, Timed
from selfstudy.reports.pace_chart import pace_chart
from tests.reports.drawing import drawing, marks, words

NOTHING = Pace.of([])
UNEVEN = Pace.of([Timed(8, 16.0), Timed(2, 9.0)])


def test_bars_are_means_over_trials_and_lines_reach_over_cohorts() -> None:
    root = drawing(
        pace_chart("Rows", [("closed_book", NOTHING), ("rewrite", UNEVEN), ("ours", Pace.of([Timed(4, 5.0)]))]).chart
    )
    lengths = [float(re.findall(r"h(-?[\d.]+)", e.get("d", ""))[0]) for e in marks(root, 0)]
    assert lengths[0] / lengths[1] == pytest.approx(2.5 / 1.25)  # 25 s over 10 trials, 5 s over 4
    line, single = (abs(float(e.get("x2", 0))) for e in marks(root, 1))
    assert line / lengths[0] == pytest.approx((4.5 - 2.0) / 2.5)
    assert single == 0
    said = words(root)
    assert {"rewrite", "ours", "2.50 s (10)", "1.25 s (4)", "seconds a trial"} <= set(said)
    assert "closed_book" not in said


def test_nothing_and_a_single_one_are_said() -> None:
    assert pace_chart("Rows", [("closed_book", NOTHING)]).said == "No trial was made, so there is none to time."
    single = pace_chart("Rows", [("closed_book", NOTHING), ("rewrite", UNEVEN)])
    assert (single.chart, single.said) == (None, "rewrite alone made trials: 2.50 s each, over 10.")
