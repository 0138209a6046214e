"""Estimates under each other."""

from __future__ import annotations

import pytest

from selfstudy.reports.estimate_chart import estimate_chart
from selfstudy.statistics.bootstrap import Estimate
from tests.reports.drawing import drawing, marks, shift, words


def test_dots_intervals_and_what_is_not_determined() -> None:
    found = [("a", Estimate(0.5, 0.25, 0.75)), ("b", None), ("c", Estimate(1.0, None, None))]
    root = drawing(estimate_chart("Reliability", "share of the variance", found).chart)
    first, last = (shift(e) for e in marks(root, 3))
    (line,) = marks(root, 2)
    assert abs(float(line.get("x2", 0))) == pytest.approx(last - first)  # 0.25 to 0.75 is as wide as 0.5 to 1.0
    assert words(root).count("not determined") == 1
    assert {"a", "b", "c", "share of the variance"} <= set(words(root))
    assert "a: +0.50 (+0.25 to +0.75); b: not determined; c: +1.00 (no interval)" in (root.get("aria-label") or "")


def test_a_single_one_is_said() -> None:
    single = estimate_chart("Reliability", "share", [("a", None), ("b", Estimate(0.5, None, None))])
    assert (single.chart, single.said) == (None, "a: not determined; b: +0.50 (no interval) (share).")
    assert estimate_chart("Reliability", "share", []).said == "Nothing was estimated."
