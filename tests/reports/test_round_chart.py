"""The course of rewards over rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.reports.round_chart import Step, round_chart
from selfstudy.statistics.bootstrap import Estimate
from tests.reports.drawing import drawing, marks, place, words

FIRST = Step("1", Estimate(0.5, 0.25, 0.75), Estimate(1.0, 0.5, 1.5))
SECOND = Step("2", Estimate(-0.5, None, None), Estimate(0.0, -0.5, 0.25))


def test_means_and_bests_stand_at_their_values_with_their_intervals() -> None:
    figure = round_chart("rest_em", "round", "nats a token", [FIRST, SECOND])
    root = drawing(figure.chart)
    # Layers: zero, then line, intervals, marks and name of the mean, and the same of the best.
    mean, best = marks(root, 3), marks(root, 7)
    heights = [place(e)[1] for e in (*mean, *best)]
    per_unit = (heights[1] - heights[0]) / 1.0
    zero = heights[0] + 0.5 * per_unit
    assert heights == pytest.approx([zero - v * per_unit for v in (0.5, -0.5, 1.0, 0.0)])
    assert len(marks(root, 2)) == 1  # the second mean has no interval
    (interval,) = marks(root, 2)
    assert abs(float(interval.get("y2", 0))) == pytest.approx(0.5 * per_unit)
    assert len(marks(root, 6)) == 2
    # Told apart by shape, fill and name, not by colour alone.
    assert "A" in mean[0].get("d", "")
    assert "A" not in best[0].get("d", "")
    assert {"mean", "best", "round", "nats a token", "1", "2"} <= set(words(root))
    assert figure.said == "No interval where there is a single passage: round 2."
    assert "round 2: mean \N{MINUS SIGN}0.50 (no interval), best 0.00 (" in (root.get("aria-label") or "")


def test_a_single_round_is_said_and_not_drawn() -> None:
    figure = round_chart("best_of_n", "round", "nats a token", [FIRST])
    assert figure.chart is None
    assert figure.said.startswith("round 1: mean +0.50 (+0.25 to +0.75), best +1.00 (+0.50 to +1.50) (nats a token).")
    failed = Step("2", Estimate(None, None, None), Estimate(None, None, None))
    figure = round_chart("rest_em", "round", "nats a token", [FIRST, failed])
    assert figure.chart is None
    assert "round 2: mean not determined" in figure.said
    assert round_chart("rest_em", "round", "nats a token", []).said == "No round is done."


def test_the_name_of_the_first_mark_stays_off_the_axis_however_many_rounds_there_are() -> None:
    for num in (2, 6, 20):
        steps = [replace(FIRST, label=str(n)) for n in range(1, num + 1)]
        root = drawing(round_chart("bandit", "round", "nats a token", steps).chart)
        (name,) = (e for e in root.iter("text") if e.text == "mean")
        assert place(name)[0] > 36  # it ends there, and is about 30 pixels long
        assert len(marks(root, 3)) == num
        assert {str(n) for n in range(1, num + 1)} <= set(words(root))


def test_without_bests_there_is_one_course() -> None:
    steps = [Step(label, Estimate(value, None, None), None) for label, value in (("250", 0.1), ("2,000", 0.7))]
    root = drawing(round_chart("race", "tokens", "nats a token", steps).chart)
    assert {"250", "2,000", "mean"} <= set(words(root))
    assert "best" not in words(root)
