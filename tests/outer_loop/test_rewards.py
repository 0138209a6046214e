"""Rewards: means with errors, penalties, controls, and trials without a value."""

from __future__ import annotations

import math

import pytest

from selfstudy.domain.measured import Measured, mean_and_error
from selfstudy.outer_loop.rewards import PROBE_GAIN, REWARDS, get_reward

TRIAL = Measured(
    {"key_right": (1.0, 0.0), "key_gain": (2.0, 9.0), "cloze_gain": (1.0,), PROBE_GAIN: (-0.5, 0.3, 0.0, -0.1)},
    tokens=3000,
)


def test_mean_and_error_over_questions() -> None:
    found = REWARDS["key_accuracy"](TRIAL)
    assert found is not None
    assert (found.value, found.parts) == (0.5, (1.0, 0.0))
    assert found.error == pytest.approx(math.sqrt(0.5 / 2))


def test_likelihood_gains_are_clipped() -> None:
    found = REWARDS["key_likelihood"](TRIAL)
    assert found is not None
    assert found.parts == (2.0, 5.0)


def test_quiz_and_cloze_count_every_question_alike() -> None:
    both = REWARDS["quiz_and_cloze"]
    found = both(Measured({"quiz_gain": (3.0,), "cloze_gain": (0.0, 9.0)}))
    assert found is not None
    assert found.parts == (3.0, 0.0, 5.0)
    assert both.needs == {"quiz_gain", "cloze_gain"}
    assert both(TRIAL) == REWARDS["cloze"](TRIAL)  # a passage of which nothing can be asked has its gaps


def test_one_question_has_no_error() -> None:
    found = REWARDS["cloze"](TRIAL)
    assert found is not None
    assert (found.value, found.error) == (1.0, None)


def test_penalties_take_from_every_question() -> None:
    # Drops on the probe: 0.5 and 0.1 of four; what rose does not make up for it. 3,000 tokens at 0.1 a thousand.
    found = get_reward("key_accuracy", retention=2.0, cost=0.1)(TRIAL)
    assert found is not None
    assert found.parts == pytest.approx((1 - 0.3 - 0.3, 0 - 0.3 - 0.3))
    assert get_reward("key_accuracy", retention=2.0).needs == {"key_right", PROBE_GAIN}


def test_what_failed_or_was_not_measured_has_no_reward() -> None:
    failed = Measured(TRIAL.values, failure="engine: loss")
    assert all(reward(failed) is None for reward in REWARDS.values())
    assert REWARDS["quiz_likelihood"](TRIAL) is None


def test_the_random_control_is_repeatable_and_differs_between_trials() -> None:
    random = REWARDS["random"]
    values = [random(Measured(steps=steps)) for steps in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


def test_the_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        mean_and_error([])


def test_an_unknown_reward_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="cloze"):
        get_reward("luck")
