"""What the charts draw, measured in the drawing."""

from __future__ import annotations

import re

import pytest

from selfstudy.domain.version import Score
from selfstudy.reports.bars import accuracy_bars, retention_bars
from selfstudy.reports.charts import gain_chart, share_chart
from selfstudy.reports.races import extent, lines, num_rungs
from tests.reports.drawing import drawing, marks, shift
from tests.reports.job import races, scores


def test_bars_and_intervals_have_the_lengths_of_their_shares() -> None:
    made = scores("user", Score(0, 18), Score(10, 18), 142, 123)
    bars = accuracy_bars(made, Score(18, 18), None)
    root = drawing(share_chart(bars, "Right answers"))
    lengths = [float(re.findall(r"h(-?[\d.]+)", e.get("d", ""))[0]) for e in marks(root, 0)]
    none, all_of_them, ours = lengths
    assert none == 0
    assert ours / all_of_them == pytest.approx(10 / 18)
    assert [e.get("fill") for e in marks(root, 0)] == ["var(--other)", "var(--other)", "var(--ours)"]
    # Wilson's interval of 10 of 18 is (0.337, 0.754).
    ends = sorted(shift(e) + side * float(e.get("x2", 0)) for e in marks(root, 1)[2:] for side in (0, 1))
    assert [end / all_of_them for end in ends] == pytest.approx([0.337, 0.754], abs=5e-4)


def test_a_chart_says_in_words_what_it_shows() -> None:
    bars = retention_bars(scores("user", Score(0, 18), Score(10, 18), 142, 71), has_parent=False)
    root = drawing(share_chart(bars, "Retention"))
    said = root.get("aria-label")
    assert said == (
        "Retention. general, routed: 142 of 142, 100\N{NO-BREAK SPACE}%, 95 % interval 97–100\N{NO-BREAK SPACE}%; "
        "general, always on: 71 of 142, 50\N{NO-BREAK SPACE}%, 95 % interval 42–58\N{NO-BREAK SPACE}%."
    )
    assert root.get("role") == "img"
    assert root[0].tag == "title"
    assert root[0].text == said


def test_dots_stand_at_their_gains_on_one_axis_for_all_passages() -> None:
    found = [lines(race.candidates, num_rungs(races())) for race in races()]
    shared = extent([line for each in found for line in each])
    scales = []
    for each in found:
        root = drawing(gain_chart(each, shared, "Gain"))
        dots = [shift(e) for e in marks(root, 2)]
        values = [line.value for line in each if line.value is not None]
        assert len(dots) == len(values) >= 2
        scales.append((dots[0] - dots[1]) / (values[0] - values[1]))
    assert scales == pytest.approx([scales[0]] * 3)
    assert shared[0] < -0.4 < 1.5 < shared[1]


def test_a_dot_tells_kept_and_dropped_out() -> None:
    (_, ferry, market) = races()
    root = drawing(gain_chart(lines(ferry.candidates, 2), (-1, 2), "Gain"))
    kept, dropped_out, _ = marks(root, 2)
    assert kept.get("fill") == "var(--ours)"
    assert dropped_out.get("fill") == "var(--page)"
    assert "A" in kept.get("d", "")  # an arc: a circle
    assert "A" not in dropped_out.get("d", "")  # lines: a diamond
    texts = [e.text for e in drawing(gain_chart(lines(market.candidates, 2), (-1, 2), "Gain")).iter("text")]
    assert texts.count("not measured") == 1


def test_without_a_single_gain_there_is_still_a_chart() -> None:
    failed = lines(races()[2].candidates[2:], 2)
    assert extent(failed) == (0, 0)
    root = drawing(gain_chart(failed, extent(failed), "Gain"))
    assert root.get("aria-label") == "Gain. raw: not measured."
