"""Regret on numbers made by hand, and properties of choices that are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.statistics.bootstrap import Estimate
from selfstudy.statistics.regret import Choice, regret

# Mean 2, best 4; took the second best. Mean 1, best 3; took the best, where the full evaluation did not.
RIGHT = {"a": Choice((1.0, 3.0, 4.0, 0.0), 1, 2.0, 8.0, 2), "b": Choice((0.0, 3.0, 0.0), 1, 1.0, 4.0, 1)}

VALUES = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=6)
TABLES = st.lists(VALUES, min_size=2, max_size=6)


def test_by_hand() -> None:
    found = regret(RIGHT)
    assert found.num_passages == 2
    assert found.regret.value == pytest.approx(0.5)
    assert found.gain.value == pytest.approx((1 + 2) / 2)
    assert found.kept.value == pytest.approx((1 + 2) / (2 + 2))
    assert found.kept_of_full is not None
    assert found.kept_of_full.value == pytest.approx((1 + 2) / (2 + 2))
    assert found.cost_ratio.value == pytest.approx(3 / 12)


def test_the_full_evaluation_can_be_beaten_or_be_unknown() -> None:
    beaten = regret({**RIGHT, "b": replace(RIGHT["b"], full_taken=0)})
    assert beaten.kept.value == pytest.approx(3 / 4)
    assert beaten.kept_of_full is not None
    assert beaten.kept_of_full.value == pytest.approx((1 + 2) / (2 - 1))
    assert regret({**RIGHT, "b": replace(RIGHT["b"], full_taken=None)}).kept_of_full is None


def test_a_full_evaluation_that_gains_nothing_leaves_no_share() -> None:
    worst = {passage: replace(choice, full_taken=3 if passage == "a" else 0) for passage, choice in RIGHT.items()}
    assert regret(worst).kept_of_full == Estimate(None, None, None)


@given(TABLES)
def test_the_best_has_no_regret(table: list[list[float]]) -> None:
    choices = {f"p{n}": Choice(tuple(v), v.index(max(v)), 1.0, 1.0) for n, v in enumerate(table)}
    found = regret(choices, resamples=99)
    assert found.regret == Estimate(0.0, 0.0, 0.0)
    assert found.kept.value == (None if all(len(set(v)) == 1 for v in table) else pytest.approx(1))
    assert found.cost_ratio == Estimate(1.0, 1.0, 1.0)


@given(st.lists(st.lists(st.integers(-9, 9).map(float), min_size=3, max_size=3), min_size=2, max_size=5))
def test_random_choices_gain_nothing_on_average(table: list[list[float]]) -> None:
    gains = []
    for place in range(3):
        found = regret({f"p{n}": Choice(tuple(v), place, 0.0, 1.0) for n, v in enumerate(table)}, resamples=9)
        assert found.gain.value is not None
        gains.append(found.gain.value)
    assert math.fsum(gains) == pytest.approx(0, abs=1e-9)


@given(TABLES, st.data())
def test_order_level_and_unit_are_immaterial_to_shares(table: list[list[float]], data: st.DataObject) -> None:
    taken = [data.draw(st.integers(0, len(values) - 1)) for values in table]
    choices = {f"p{n}": Choice(tuple(v), t, 1.0 + n, 9.0) for n, (v, t) in enumerate(zip(table, taken, strict=True))}
    found, order = regret(choices, resamples=49), data.draw(st.permutations(sorted(choices)))
    assert regret({passage: choices[passage] for passage in order}, resamples=49) == found
    moved = {p: replace(c, values=tuple(4 * value + 8 for value in c.values)) for p, c in choices.items()}
    again = regret(moved, resamples=49)
    assert again.cost_ratio == found.cost_ratio
    assert again.kept.value == (None if found.kept.value is None else pytest.approx(found.kept.value))
    assert found.regret.value is not None
    assert again.regret.value == pytest.approx(4 * found.regret.value)


def test_the_intervals_hold_what_a_noisy_choice_keeps() -> None:
    rng = np.random.default_rng(8)

    def choices(num_passages: int) -> dict[str, Choice]:
        values = rng.normal(size=(num_passages, 8))
        taken = np.argmax(values + 0.7 * rng.normal(size=values.shape), axis=1)
        pairs = zip(values, taken, strict=True)
        return {f"p{n:05}": Choice(tuple(v.tolist()), int(t), 1 + n % 3, 8.0) for n, (v, t) in enumerate(pairs)}

    truth, hits = regret(choices(20_000), resamples=9), 0
    for _ in range(60):
        found = regret(choices(50), resamples=499)
        assert found.kept.low is not None
        assert found.kept.high is not None
        assert truth.kept.value is not None
        hits += found.kept.low <= truth.kept.value <= found.kept.high
    assert hits >= 51  # of 60; 57 expected, fewer than 51 have a chance below 1 % at 95 %


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Choice((), 0, 1.0, 1.0), "regret: passage 'b' has no values; leave it out"),
        (Choice((1.0, math.nan), 0, 1.0, 1.0), "regret: passage 'b' has the value nan; leave out what failed"),
        (Choice((1.0, 2.0), 2, 1.0, 1.0), "regret: passage 'b' has no candidate 2; they are 0 to 1"),
        (Choice((1.0, 2.0), 0, 1.0, 1.0, -1), "regret: passage 'b' has no candidate -1; they are 0 to 1"),
        (Choice((1.0, 2.0), 0, -1.0, 1.0), "regret: passage 'b' has the costs -1.0 and, in full, 1.0"),
        (Choice((1.0, 2.0), 0, 1.0, 0.0), "regret: passage 'b' has the costs 1.0 and, in full, 0.0"),
        (Choice((1.0, 2.0), 0, math.nan, 1.0), "regret: passage 'b' has the costs nan and, in full, 1.0"),
    ],
)
def test_impossible_choices(wrong: Choice, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        regret({"a": RIGHT["a"], "b": wrong})
    assert str(caught.value) == message


def test_one_passage_is_too_few() -> None:
    with pytest.raises(ValueError) as caught:
        regret({"a": RIGHT["a"]})
    assert str(caught.value) == "bootstrap: an interval over passages takes at least 2 of them, not 1"
