"""Ticks at round values around all that is shown."""

from __future__ import annotations

import random

import pytest

from selfstudy.reports.scale import axis, ticks


def test_ticks_hold_zero_and_all_that_was_found() -> None:
    assert ticks([0.23]) == [0.0, 0.05, 0.1, 0.15, 0.2, 0.25]
    assert ticks([-0.3, None, 1.7]) == [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0]
    assert ticks([6890]) == [0, 2000, 4000, 6000, 8000]
    assert ticks([0.0, None]) == ticks([1.0])  # nothing to show has an axis all the same
    rng = random.Random(0)
    for _ in range(300):
        found = [rng.gauss(0, 10 ** rng.uniform(-3, 5)) for _ in range(rng.randrange(1, 5))]
        at = ticks(found)
        assert at[0] <= min(found) and max(found) <= at[-1]  # noqa: PT018
        assert 2 <= len(at) <= 6
        assert 0.0 in at
        # Not more than half of it is empty, beyond the step that rounding takes on each side.
        assert (at[-1] - at[0]) - 2 * (at[1] - at[0]) <= max(*found, 0) - min(*found, 0)


@pytest.mark.parametrize(("at", "form"), [([0, 50, 100], ",.0f"), ([0, 0.5, 1], ",.1f"), ([0, 2.5, 5], ",.1f"),
                                          ([0, 0.25, 0.5], ",.2f")])  # fmt: skip
def test_labels_have_as_many_places_as_they_need(at: list[float], form: str) -> None:
    assert axis(at, "nats").to_dict()["labelExpr"] == f"format(datum.value, '{form}')"
