"""Intervals against scipy's own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from selfstudy.statistics.intervals import rank_agreement, wilson


@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.5, 0.9, 0.95, 0.99]),
)
def test_wilson_is_scipys(counts: tuple[int, int], level: float) -> None:
    right, n = counts
    expected = binomtest(right, n).proportion_ci(level, method="wilson")
    assert wilson(right, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "n"), [(3, 2), (-1, 2), (1, 0)])
def test_impossible_counts(right: int, n: int) -> None:
    with pytest.raises(ValueError) as caught:
        wilson(right, n)
    assert str(caught.value) == f"wilson: {right} right of {n} is impossible"


def test_rank_agreement() -> None:
    assert rank_agreement([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert rank_agreement([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert rank_agreement([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert math.isnan(rank_agreement([1, 1, 1], [1, 2, 3]))
    assert math.isnan(rank_agreement([1, 2, 3], [5, 5, 5]))
