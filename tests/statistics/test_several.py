"""Adjusted p-values against closed testing (Holm) and scipy (Benjamini and Hochberg)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from selfstudy.statistics.several import benjamini_hochberg, holm

Adjust = Callable[[Sequence[float]], list[float]]

P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.5, 1.0])), min_size=1, max_size=7)
BOTH = pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])


def test_by_hand() -> None:
    p_values = [0.04, 0.01, 0.03, 0.02]
    assert holm(p_values) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert benjamini_hochberg(p_values) == pytest.approx([0.04, 0.04, 0.04, 0.04])


@given(P_VALUES)
def test_holm_is_closed_testing_with_bonferroni(p_values: list[float]) -> None:
    places = range(len(p_values))
    groups = [group for size in range(1, len(p_values) + 1) for group in combinations(places, size)]
    worst = {group: min(1.0, len(group) * min(p_values[place] for place in group)) for group in groups}
    assert holm(p_values) == pytest.approx([max(worst[g] for g in groups if place in g) for place in places])


@given(P_VALUES)
def test_benjamini_hochberg_is_scipys(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values, method="bh"))


@BOTH
@given(p_values=P_VALUES)
def test_adjusting_only_raises_and_keeps_the_order(adjust: Adjust, p_values: list[float]) -> None:
    adjusted = adjust(p_values)
    assert all(p * (1 - 1e-15) <= new <= 1 for p, new in zip(p_values, adjusted, strict=True))
    by_old = sorted(zip(p_values, adjusted, strict=True))
    assert all(one <= two for (_, one), (_, two) in pairwise(by_old))
    assert all(strict >= lax for strict, lax in zip(holm(p_values), benjamini_hochberg(p_values), strict=True))


@BOTH
@given(drawn=P_VALUES.flatmap(lambda p: st.tuples(st.just(p), st.permutations(range(len(p))))))
def test_each_keeps_its_place(adjust: Adjust, drawn: tuple[list[float], list[int]]) -> None:
    p_values, order = drawn
    adjusted = adjust(p_values)
    assert adjust([p_values[place] for place in order]) == [adjusted[place] for place in order]


@BOTH
def test_none_and_one(adjust: Adjust) -> None:
    assert adjust([]) == []
    assert adjust([0.3]) == [0.3]


@BOTH
@pytest.mark.parametrize("wrong", [-0.1, 1.5, math.nan])
def test_what_is_no_p_value(adjust: Adjust, wrong: float) -> None:
    with pytest.raises(ValueError) as caught:
        adjust([0.5, wrong])
    assert str(caught.value) == f"several: {wrong} at entry 2 is not a p-value; it must be between 0 and 1"
