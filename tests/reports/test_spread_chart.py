"""Candidates by passage with their standard errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.domain.rewarded import Rewarded
from selfstudy.reports.spread_chart import by_title, spread_chart
from tests.reports.drawing import drawing, marks, place, words

NATS = "nats a token"


def _tried(
    passage: str, reward: float | None, error: float | None = None, title: str = "", kept: bool = False
) -> Rewarded:
    return Rewarded(passage, title or passage, "rewrite", 0, reward, error, 1, int(reward is None), 800.0, kept)


TRIED = (
    _tried("p", 0.5, 0.25, "Warsaw"), _tried("p", 1.0, 0.1, "Warsaw", kept=True), _tried("q", None, None, "Oxygen"),
    _tried("q", -0.25, None, "Oxygen"), _tried("r", 0.0, 0.3, "Warsaw"),
)  # fmt: skip


def test_every_candidate_stands_at_its_reward_with_its_error() -> None:
    figure = spread_chart("round 1", NATS, TRIED)
    root = drawing(figure.chart)
    dots = [place(e) for e in marks(root, 3)]
    xs = [x for x, _ in dots]
    per_unit = (xs[1] - xs[0]) / 0.5
    assert xs == pytest.approx([xs[0] + per_unit * (v - 0.5) for v in (0.5, 1.0, -0.25, 0.0)])
    lines = [abs(float(e.get("x2", 0))) for e in marks(root, 2)]
    assert lines == pytest.approx([2 * error * per_unit for error in (0.25, 0.1, 0.0, 0.3)])
    heights = [y for _, y in dots]
    assert heights == sorted(set(heights))  # none lies on another
    assert [e.get("fill") for e in marks(root, 3)] == ["var(--page)", "var(--ours)", "var(--page)", "var(--page)"]
    said = words(root)
    assert said.count("failed") == 1
    assert {"Warsaw (1)", "Warsaw (2)", "Oxygen", NATS} <= set(said)
    assert (
        "Warsaw (1): +0.50 ± 0.25, +1.00 ± 0.10, accepted; Oxygen: failed, \N{MINUS SIGN}0.25; Warsaw (2): 0.00 ± 0.30"
        in (root.get("aria-label") or "")
    )
    assert figure.said == ""


def test_what_would_be_nonsense_to_draw_is_said() -> None:
    assert spread_chart("r", NATS, []).said == "No candidate was tried."
    failed = spread_chart("r", NATS, [_tried("p", None), _tried("q", None)])
    assert (failed.chart, failed.said) == (None, "None of the 2 candidates has a reward: every trial failed.")
    alike = spread_chart("r", "share of answers right", [_tried("p", 0.0), _tried("q", 0.0), _tried("q", None)])
    assert (alike.chart, alike.said) == (
        None, "All 2 candidates have 0.00 (share of answers right): there is no spread.",
    )  # fmt: skip
    assert spread_chart("r", NATS, TRIED[:1]).said.startswith("The only candidate with a reward has 0.50")
    alone = spread_chart("r", NATS, [_tried("p", 0.1), _tried("q", 0.4)])
    assert alone.chart is not None
    assert alone.said.startswith("There is one candidate a passage")


def test_passages_keep_their_order_and_their_names() -> None:
    named = by_title([*TRIED, replace(TRIED[0], sample=7)])
    assert {name: len(found) for name, found in named.items()} == {"Warsaw (1)": 3, "Oxygen": 2, "Warsaw (2)": 1}
