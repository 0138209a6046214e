"""The reward study's figures on trials whose truth is known."""

from __future__ import annotations

import random

import pytest

from selfstudy.domain.measured import Measured
from selfstudy.outer_loop.rewards import REWARDS
from selfstudy.tasks.squad.reward_figures import figures_of, fresh_key


def _trials(noise: float, passages: int = 40) -> dict[str, list[list[Measured]]]:
    """Four candidates worth 0, 1, 2 and 3 in random order; the key sees that exactly, the cloze reward with `noise`."""
    rng = random.Random(2)
    found = {}
    for passage in range(passages):
        worth = rng.sample([0.0, 1.0, 2.0, 3.0], 4)
        found[f"p{passage}"] = [
            [Measured({"key_gain": (w,), "cloze_gain": (w + rng.gauss(0, noise),)}, steps=rng.randrange(10**9))
             for _ in range(3)]
            for w in worth
        ]  # fmt: skip
    return found


def test_a_reward_without_noise_is_reliable_and_chooses_right() -> None:
    found = figures_of(REWARDS["cloze"], _trials(0.0))
    assert found.one is not None
    assert found.chosen is not None
    assert found.one.value == pytest.approx(1.0)
    assert found.spearman.value == pytest.approx(1.0)
    assert found.top.count == found.top.n == 40
    assert found.chosen.gain.value == pytest.approx(1.5)  # the best, 3, over the mean of 0, 1, 2 and 3
    assert found.chosen.regret.value == pytest.approx(0.0)


def test_noise_lowers_all_and_averaging_helps() -> None:
    found = figures_of(REWARDS["cloze"], _trials(1.3))
    assert found.one is not None
    assert found.averaged is not None
    assert found.one.value is not None
    assert found.averaged.value is not None
    # The candidates' variance is 5/3, the noise's 1.69.
    assert found.one.value == pytest.approx(0.5, abs=0.12)
    assert found.averaged.value == pytest.approx(0.75, abs=0.1)
    assert found.spearman.value is not None
    assert 0.3 < found.spearman.value < 0.9


def test_the_random_reward_is_not_reliable_and_gains_nothing() -> None:
    found = figures_of(REWARDS["random"], _trials(0.0))
    assert found.one is not None
    assert found.one.low is not None
    assert found.one.low < 0.1
    assert found.chosen is not None
    assert found.chosen.gain.low is not None
    assert found.chosen.gain.low < 0 < (found.chosen.gain.high or 0)


def test_passages_where_a_trial_failed_are_left_out() -> None:
    trials = _trials(0.0, passages=3)
    trials["p0"][1][0] = Measured(failure="engine: loss")
    found = figures_of(REWARDS["cloze"], trials)
    assert found.passages == 2
    assert found.top.n == 2
    assert fresh_key(trials["p0"]) is not None  # the seeds that are held against are whole
    trials["p0"][1][2] = Measured(failure="engine: loss")
    assert fresh_key(trials["p0"]) is None


def test_a_reward_that_was_not_measured_has_no_figures() -> None:
    found = figures_of(REWARDS["quiz_likelihood"], _trials(0.0, passages=3))
    assert (found.passages, found.one, found.chosen) == (0, None, None)
