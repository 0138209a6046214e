"""Paired differences against scipy's permutation test, bootstrap and Student's interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from selfstudy.statistics.bootstrap import Array, Estimate, bootstrap, ratio
from selfstudy.statistics.paired import by_passage, difference

Pairs = dict[str, list[tuple[float, float]]]

LIKELIHOODS = st.floats(-8, 8).map(lambda value: round(value, 3))
PAIRS = st.lists(
    st.lists(st.tuples(LIKELIHOODS, LIKELIHOODS), min_size=1, max_size=4), min_size=2, max_size=8
).map(lambda rows: {f"p{place}": row for place, row in enumerate(rows)})  # fmt: skip


def _drawn(num_passages: int, gain: float, seed: int = 5) -> Pairs:
    rng = np.random.default_rng(seed)
    pairs: Pairs = {}
    for place in range(num_passages):
        common, num_questions = rng.normal(), int(rng.integers(1, 7))
        pairs[f"p{place}"] = [(common + gain + rng.normal(), common + rng.normal()) for _ in range(num_questions)]
    return pairs


def _scipys_p(pairs: Pairs, resamples: float) -> float:
    sides = [np.array([sum(pair[side] for pair in rows) for rows in pairs.values()]) for side in (0, 1)]
    found = stats.permutation_test(
        sides, lambda x, y, axis: np.sum(x - y, axis=axis), permutation_type="samples", n_resamples=resamples,
        vectorized=True, rng=np.random.default_rng(77),
    )  # fmt: skip
    return float(found.pvalue)


def test_a_difference_by_hand() -> None:
    found = difference({"a": [(1.0, 0.0), (1.0, 1.0), (0.0, 0.0)], "b": [(1.0, 0.0)]})
    assert (found.num_passages, found.num_questions) == (2, 4)
    assert (found.first, found.second, found.difference.value) == (0.75, 0.25, 0.5)
    # Sums of 1 and 1: two of the four patterns lead as far as 2.
    assert (found.p, found.exact) == (0.5, True)


@pytest.mark.parametrize("gain", [0.0, 0.4, 1.0])
def test_few_passages_have_scipys_exact_p(gain: float) -> None:
    pairs = _drawn(12, gain)
    found = difference(pairs)
    assert found.exact
    assert found.p == pytest.approx(_scipys_p(pairs, math.inf), abs=1e-12)


def test_many_passages_have_a_sampled_p_like_scipys() -> None:
    pairs = _drawn(40, 0.25)
    found, expected = difference(pairs, resamples=40_000), _scipys_p(pairs, 40_000)
    assert not found.exact
    assert 0.01 < expected < 0.5
    assert found.p == pytest.approx(expected, abs=6 * math.sqrt(expected / 40_000))


def test_a_sampled_p_is_never_zero() -> None:
    pairs = {f"p{place}": [(9.0 + place % 3, 0.0)] for place in range(60)}
    assert difference(pairs, resamples=999).p == 1 / 1000


@given(st.integers(2, 10), st.integers(0, 10))
def test_systems_that_differ_nowhere(num_passages: int, value: int) -> None:
    found = difference({f"p{place}": [(value / 7, value / 7)] for place in range(num_passages)}, resamples=99)
    assert found.difference == Estimate(0.0, 0.0, 0.0)
    assert found.p == 1


def test_ties_are_kept_in_spite_of_rounding() -> None:
    # Tenths are not exact in floats: 0.1 + 0.2 - 0.3 + 0.3 and -0.1 - 0.2 + 0.3 + 0.3 are equal all the same.
    tenths, whole = (
        difference({f"p{n}": [(value / scale, 0.0)] for n, value in enumerate((1, 2, -3, 3, 6, -6, 7))})
        for scale in (10, 1)
    )
    assert tenths.p == whole.p < 1


@given(PAIRS, st.sampled_from([7, 299]))
def test_swapped_systems_swap_the_sign_and_nothing_else(pairs: Pairs, resamples: int) -> None:
    found = difference(pairs, resamples=resamples)
    swapped = difference({p: [(two, one) for one, two in rows] for p, rows in pairs.items()}, resamples=resamples)
    assert (swapped.first, swapped.second, swapped.p) == (found.second, found.first, found.p)
    one = (found.difference.value, found.difference.low, found.difference.high)
    two = (swapped.difference.value, swapped.difference.high, swapped.difference.low)
    assert two == pytest.approx([-end for end in one if end is not None], abs=1e-12)


@given(
    PAIRS.flatmap(lambda pairs: st.tuples(st.just(pairs), st.permutations(sorted(pairs)))), st.sampled_from([7, 299])
)
def test_the_order_of_passages_and_questions_is_immaterial(drawn: tuple[Pairs, list[str]], resamples: int) -> None:
    pairs, order = drawn
    shuffled = {passage: pairs[passage][::-1] for passage in order}
    assert difference(shuffled, resamples=resamples) == difference(pairs, resamples=resamples)


def test_the_seed_decides_and_only_about_chance() -> None:
    pairs = _drawn(30, 0.3)
    one, again, other = (difference(pairs, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert one.difference.value == other.difference.value


def test_the_interval_is_scipys_with_wider_tails() -> None:
    pairs = _drawn(12, 0.4)
    sums = np.array([sum(one - two for one, two in rows) for rows in pairs.values()])
    sizes = np.array([len(rows) for rows in pairs.values()])
    # By hand for 12 passages: Student's 2.201 and the root of 12/11 give 2.2988, and Phi(-2.2988) = 0.010757.
    expected = stats.bootstrap(
        (sums, sizes), lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis), paired=True, method="percentile",
        confidence_level=1 - 2 * 0.010757, n_resamples=40_000, rng=np.random.default_rng(3),
    ).confidence_interval  # fmt: skip
    found = difference(pairs, resamples=40_000).difference
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.02 * width)
    assert found.high == pytest.approx(expected.high, abs=0.02 * width)


@pytest.mark.parametrize("num_passages", [10, 100])
def test_the_interval_of_a_normal_mean_is_close_to_students(num_passages: int) -> None:
    values = stats.norm.ppf((np.arange(num_passages) + 0.5) / num_passages)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = difference({f"p{n}": [(value, 0.0)] for n, value in enumerate(values)}, resamples=20_000).difference
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=0.05)


def test_a_passage_weighs_as_a_whole() -> None:
    # The same question many times over is one piece of evidence, not many.
    once = {f"p{n}": [(float(n % 3), 1.0)] for n in range(12)}
    often = {passage: rows * 20 for passage, rows in once.items()}
    one, many = difference(once), difference(often)
    assert many.p == one.p
    assert (many.difference.low, many.difference.high) == pytest.approx((one.difference.low, one.difference.high))


def test_undetermined_estimates() -> None:
    def share(sums: Array) -> Array:
        return ratio(sums[:, 0], sums[:, 1])

    assert bootstrap({"a": (1.0, 0.0), "b": (1.0, 0.0)}, share) == Estimate(None, None, None)
    # Half of the draws of two passages have nothing but one of them, a quarter nothing to divide by.
    assert bootstrap({"a": (1.0, 2.0), "b": (1.0, 0.0)}, share) == Estimate(1.0, None, None)


def test_values_are_gathered_by_passage() -> None:
    found = by_passage(["b", "b", "a"], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    assert found == {"b": [(1.0, 4.0), (2.0, 5.0)], "a": [(3.0, 6.0)]}
    assert by_passage([], [], []) == {}


@pytest.mark.parametrize(
    ("passages", "first", "second", "message"),
    [
        (["a"], [1.0, 2.0], [1.0, 2.0], "paired: 1 passage ids for 2 and 2 values"),
        (["a", "b"], [1.0, 2.0], [1.0], "paired: 2 passage ids for 2 and 1 values"),
        (
            ["a", "b", "a"], [1.0] * 3, [1.0] * 3,
            "paired: passage 'a' comes back at entry 3; keep a passage together",
        ),
    ],
)  # fmt: skip
def test_sequences_that_do_not_fit(passages: list[str], first: list[float], second: list[float], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        by_passage(passages, first, second)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({}, "bootstrap: an interval over passages takes at least 2 of them, not 0"),
        ({"a": [(1.0, 2.0)]}, "bootstrap: an interval over passages takes at least 2 of them, not 1"),
        ({"a": [(1.0, 2.0)], "b": []}, "paired: passage 'b' has no values; leave it out"),
        ({"a": [(1.0, 2.0)], "b": [(1.0, math.nan)]}, "paired: passage 'b' has the value nan; leave out what failed"),
        ({"a": [(-math.inf, 2.0)], "b": []}, "paired: passage 'a' has the value -inf; leave out what failed"),
    ],
)
def test_impossible_pairs(pairs: Pairs, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        difference(pairs)
    assert str(caught.value) == message
