"""What a plan is expected to gain on another puzzle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.tasks.arc.outcome import PuzzleOutcome
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import plan_text
from selfstudy.tasks.arc.pooled import Smoothing, pooled_gains

PLAN = Plan(basic=True, learning_rate=1e-3, epochs=2)
SLOW = replace(PLAN, learning_rate=1e-6)
S = Smoothing()


def _outcome(puzzle: str, plan: Plan, gain: float | None, failure: str | None = None) -> PuzzleOutcome:
    return PuzzleOutcome(puzzle, plan_text(plan), gain=gain, failure=failure)


def _pooled(*outcomes: PuzzleOutcome) -> list[float]:
    tried: dict[str, list[PuzzleOutcome]] = {}
    for each in outcomes:
        tried.setdefault(each.puzzle, []).append(each)
    found = pooled_gains(tried)
    return [found[each.puzzle, each.plan] for each in outcomes]


def test_one_trial_counts_by_the_share_of_its_variance_that_puzzles_have_in_common() -> None:
    share = S.shared**2 / (S.shared**2 + S.own**2 + S.noise**2)
    assert _pooled(_outcome("p", PLAN, 0.5)) == [pytest.approx(0.5 * share)]


def test_the_same_plan_on_two_puzzles_counts_for_more() -> None:
    """By hand: the mean of two trials has half of what each puzzle and trial adds."""
    share = S.shared**2 / (S.shared**2 + (S.own**2 + S.noise**2) / 2)
    found = _pooled(_outcome("p", PLAN, 0.6), _outcome("q", PLAN, 0.4))
    assert found == [pytest.approx(0.5 * share)] * 2


def test_the_posterior_is_that_of_a_joint_normal_distribution() -> None:
    """Against conditioning by covariances of a million draws: shared part, puzzle's part and noise drawn apart."""
    plans = [PLAN, replace(PLAN, learning_rate=2e-3), replace(PLAN, epochs=9, trained_on="everything")]
    puzzles = ["p", "q", "q"]
    scaled = np.array(
        [
            [-3 / S.rate, np.log10(2) / S.epochs, 1 / S.switch, 1 / S.strategy],
            [np.log10(2e-3) / S.rate, np.log10(2) / S.epochs, 1 / S.switch, 1 / S.strategy],
            [-3 / S.rate, np.log10(9) / S.epochs, 1 / S.switch, 0],
        ]
    )
    alike = np.exp(-0.5 * ((scaled[:, None] - scaled[None]) ** 2).sum(-1))
    draws = np.random.default_rng(0)
    n = 1_000_000
    shared = S.shared * draws.multivariate_normal(np.zeros(3), alike, n)
    own_p, own_q = (S.own * draws.multivariate_normal(np.zeros(3), alike, n) for _ in range(2))
    measured = shared + np.stack([own_p[:, 0], own_q[:, 1], own_q[:, 2]], 1) + S.noise * draws.normal(size=(n, 3))
    weights = np.linalg.lstsq(measured, shared, rcond=None)[0]
    gains = np.array([0.5, -0.8, 0.3])
    found = _pooled(*(_outcome(p, plan, g) for p, plan, g in zip(puzzles, plans, gains, strict=True)))
    assert found == pytest.approx(list(gains @ weights), abs=0.01)


def test_what_is_lost_by_plans_like_it_lowers_a_plan() -> None:
    alone = _pooled(_outcome("p", PLAN, 0.5))[0]
    beside = _pooled(_outcome("p", PLAN, 0.5), _outcome("q", replace(PLAN, learning_rate=1.3e-3), -1.0))[0]
    far = _pooled(_outcome("p", PLAN, 0.5), _outcome("q", SLOW, -1.0))[0]
    assert beside < alone / 2
    assert far == pytest.approx(alone, abs=1e-3)


def test_a_failed_plan_gained_nothing_and_an_unknown_gain_is_left_out() -> None:
    failed = _outcome("q", PLAN, None, failure="plan: over budget")
    assert _pooled(_outcome("p", PLAN, 0.6), failed) == _pooled(_outcome("p", PLAN, 0.6), _outcome("q", PLAN, 0.0))
    unknown = _outcome("q", PLAN, None)
    assert pooled_gains({"p": [_outcome("p", PLAN, 0.6)], "q": [unknown]}) == pooled_gains(
        {"p": [_outcome("p", PLAN, 0.6)]}
    )
    assert pooled_gains({"q": [unknown]}) == {}


_RATES = st.sampled_from((1e-6, 1e-4, 1e-3, 2e-3, 9e-3))
_PLANS = st.builds(Plan, basic=st.booleans(), repeat=st.booleans(), learning_rate=_RATES, epochs=st.integers(1, 99))
_TRIED = st.dictionaries(
    st.sampled_from("pqr"), st.lists(st.tuples(_PLANS, st.floats(-2, 2)), min_size=1, max_size=4), min_size=1
)


def _scaled(tried: Mapping[str, Sequence[tuple[Plan, float]]], by: float) -> dict[str, list[PuzzleOutcome]]:
    return {puzzle: [_outcome(puzzle, plan, by * gain) for plan, gain in trials] for puzzle, trials in tried.items()}


@given(_TRIED)
def test_expected_gains_do_not_depend_on_order_and_grow_with_the_gains(
    tried: dict[str, list[tuple[Plan, float]]],
) -> None:
    tried = {puzzle: list({plan: (plan, gain) for plan, gain in trials}.values()) for puzzle, trials in tried.items()}
    found = pooled_gains(_scaled(tried, 1.0))
    turned = pooled_gains({puzzle: trials[::-1] for puzzle, trials in reversed(_scaled(tried, 1.0).items())})
    assert turned == pytest.approx(found, abs=1e-9)
    doubled = pooled_gains(_scaled(tried, 2.0))
    assert doubled == pytest.approx({key: 2 * value for key, value in found.items()}, abs=1e-9)


def test_scales_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="smoothing: scales and noise must be above zero"):
        Smoothing(rate=0.0)
