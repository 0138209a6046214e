"""Reliability against tables computed by hand, scipy's analysis of variance, and simulations of known variance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway

from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.reliability import Reliability, reliability, truncated

Table = dict[str, list[list[float]]]

VALUES = st.floats(-8, 8).map(lambda value: round(value, 2))
PASSAGE = st.lists(st.lists(VALUES, min_size=2, max_size=4), min_size=2, max_size=4)
TABLES = st.lists(PASSAGE, min_size=2, max_size=5).map(lambda rows: {f"p{n}": row for n, row in enumerate(rows)})


def _simulated(num_passages: int, between: float, within: float, *, ragged: bool = False, seed: int = 4) -> Table:
    rng = np.random.default_rng(seed)
    table: Table = {}
    for passage in range(num_passages):
        level = 3 * rng.normal()
        sizes = rng.integers(1, 6, int(rng.integers(1, 7))) if ragged else [3] * 5
        rows = [level + between * rng.normal() + within * rng.normal(size=size) for size in sizes]
        table[f"p{passage}"] = [row.tolist() for row in rows]
    return table


def test_a_balanced_table_by_hand() -> None:
    # a: SS_c 16 (1), SS_s 4 (2); b: SS_c 4 (1), SS_s 2 (2). MS_c 10, MS_s 1.5, so (10 - 1.5) / 2 between.
    found = reliability({"a": [[1.0, 3.0], [5.0, 7.0]], "b": [[2.0, 2.0], [3.0, 5.0]]})
    assert (found.num_passages, found.num_candidates, found.num_evaluations) == (2, 4, 8)
    assert (found.candidates, found.seeds) == pytest.approx((4.25, 1.5))
    assert found.one.value == pytest.approx(4.25 / 5.75)


def test_an_unbalanced_table_by_hand() -> None:
    # a: SS_c 27 (1), SS_s 8 (2), 4 - 10/4; b: SS_c 6 (1), SS_s 2 (1), 3 - 5/3. MS_s 10/3 and (33 - 20/3) / (17/6).
    found = reliability({"a": [[1.0, 3.0, 5.0], [9.0]], "b": [[0.0, 2.0], [4.0]]})
    assert (found.candidates, found.seeds) == pytest.approx((158 / 17, 10 / 3))
    assert found.one.value == pytest.approx(158 / 17 / (158 / 17 + 10 / 3))


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=2, max_size=5), st.floats(-5, 5))
def test_it_follows_from_scipys_f(rows: list[list[float]], shift: float) -> None:
    if any(len({round(v, 2) for v in row}) == 1 for row in rows) or np.ptp([np.mean(row) for row in rows]) < 0.01:
        return
    # A second passage like the first but for its level doubles sums and degrees of freedom, and F stays.
    f = float(f_oneway(*rows).statistic)
    found = reliability({"a": rows, "b": [[value + shift for value in row] for row in rows]}, resamples=19)
    assert found.one.value == pytest.approx((f - 1) / (f - 1 + 3), abs=1e-9)
    assert found.averaged(3).value == pytest.approx(max(0.0, 1 - 1 / f), abs=1e-9)


@pytest.mark.parametrize("ragged", [False, True])
def test_known_variances_are_found(ragged: bool) -> None:
    found = reliability(_simulated(1500, 2.0, 1.0, ragged=ragged), resamples=499)
    assert found.candidates == pytest.approx(4, rel=0.08)
    assert found.seeds == pytest.approx(1, rel=0.08)
    assert found.one.low is not None
    assert found.one.high is not None
    assert found.one.low < 0.8 < found.one.high
    assert found.one.high - found.one.low < 0.05


def test_without_differences_between_candidates_it_is_about_zero() -> None:
    found = reliability(_simulated(400, 0.0, 1.0))
    assert found.one.value == pytest.approx(0, abs=0.04)
    assert found.one.low is not None
    assert found.one.high is not None
    assert found.one.low < 0 < found.one.high


@given(TABLES)
def test_without_noise_between_seeds_it_is_one(table: Table) -> None:
    repeated = {passage: [[row[0]] * len(row) for row in rows] for passage, rows in table.items()}
    found = reliability(repeated, resamples=99)
    assert found.seeds == 0
    differ = any(len({row[0] for row in rows}) > 1 for rows in table.values())
    assert found.one.value == (1 if differ else None)
    if differ:
        assert found.candidates > 0
        assert found.one.low in (1, None)


def test_a_negative_estimate_is_reported_and_truncated_where_it_must_be() -> None:
    found = reliability({"a": [[0.0, 4.0], [4.0, 0.0]], "b": [[1.0, 3.0], [3.0, 1.0]]})
    # Means are equal: MS_c is 0, MS_s is (16 + 4) / 4.
    assert (found.candidates, found.seeds) == pytest.approx((-2.5, 5))
    assert found.one.value == pytest.approx(-1)
    assert found.averaged(3) == Estimate(0.0, 0.0, 0.0)
    assert (truncated(-0.2), truncated(0.3)) == (0.0, 0.3)


def test_seeds_that_move_siblings_alike_lower_it() -> None:
    # Candidates 0 and 4 (variance 8) under shared seeds of 0 and 2 (variance 2): 8 - 2 / 2 is left, against 2.
    found = reliability({passage: [[0.0, 2.0], [4.0, 6.0]] for passage in "ab"})
    assert (found.candidates, found.seeds) == pytest.approx((7, 2))


@given(TABLES, st.floats(0.5, 2), st.data())
def test_order_level_and_unit_are_immaterial(table: Table, unit: float, data: st.DataObject) -> None:
    found = reliability(table, resamples=49)
    order = data.draw(st.permutations(sorted(table)))
    assert reliability({p: [row[::-1] for row in table[p]][::-1] for p in order}, resamples=49) == found
    moved = {p: [[unit * value + 3 * n for value in row] for row in table[p]] for n, p in enumerate(order)}
    again = reliability(moved, resamples=49)
    assert again.candidates == pytest.approx(unit**2 * found.candidates, abs=1e-9)
    assert again.seeds == pytest.approx(unit**2 * found.seeds, abs=1e-9)


def test_averaging_by_hand() -> None:
    found = Reliability(9, 45, 135, 1.0, 4.0, Estimate(0.2, -0.1, None))
    assert found.averaged(1) == Estimate(0.2, 0.0, None)
    assert found.averaged(3).value == pytest.approx(3 / 7)  # 1 / (1 + 4 / 3)
    with pytest.raises(ValueError) as caught:
        found.averaged(0)
    assert str(caught.value) == "reliability: the mean of 0 evaluations is impossible; give at least 1"


ONE = "reliability: it takes a passage with two candidates and a candidate with two evaluations"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, ONE),
        ({"a": [[1.0, 2.0]], "b": [[1.0, 2.0]]}, ONE),
        ({"a": [[1.0], [2.0]], "b": [[1.0]]}, ONE),
        (
            {"a": [[1.0, 2.0], [2.0]]},
            "bootstrap: an interval over passages takes at least 2 of them, not 1",
        ),
        ({"a": []}, "reliability: passage 'a' has no candidates; leave it out"),
        ({"a": [[1.0], []]}, "reliability: candidate 1 of passage 'a' has no values; leave it out"),
        (
            {"a": [[1.0, math.inf]]},
            "reliability: candidate 0 of passage 'a' has the value inf; leave out what failed",
        ),
    ],
)
def test_impossible_tables(table: Table, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        reliability(table)
    assert str(caught.value) == message
