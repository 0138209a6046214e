"""Which arm is pulled, and which is held to be the best."""

from __future__ import annotations

import random

import numpy as np
import pytest

from selfstudy.outer_loop.thompson import RATIOS, best_arm, posteriors, pull

ARMS = ("a", "b", "c")


def test_arms_never_drawn_come_first() -> None:
    drawn = pull(ARMS, [("p", "a", 9.0)], {"a": 1}, 2, random.Random(0))
    assert set(drawn) == {"b", "c"}


# The first arm is ahead by one wherever it meets another; the third met it only once.
LEVELS = (0.0, 5.0, -2.0, 1.0)
MET = [(f"p{n}", "a", level + 1.0 + 0.1 * n) for n, level in enumerate(LEVELS)]
MET += [(f"p{n}", "b", level + 0.1 * n) for n, level in enumerate(LEVELS)]
MET += [("p9", "a", 1.0), ("p9", "c", 0.5)]


def test_the_better_arm_is_drawn_more_often() -> None:
    rng = random.Random(3)
    first = [pull(ARMS, MET, dict.fromkeys(ARMS, 4), 1, rng)[0] for _ in range(200)]
    assert first.count("a") > first.count("c") > first.count("b")
    assert best_arm(ARMS, MET, ARMS) == "a"
    assert best_arm(ARMS, MET, ARMS[1:]) == "c"


def test_an_arm_is_not_better_for_having_met_easy_items() -> None:
    # On both items the first arm is ahead of the arm beside it; the third was tried on the easy one alone.
    known = [("hard", "a", 0.3), ("hard", "b", 0.0), ("easy", "a", 5.3), ("easy", "c", 5.0)]
    assert best_arm(ARMS, known, ARMS) == "a"
    assert best_arm(ARMS, known[:2], ARMS[:2]) == "a"
    assert best_arm(ARMS, [], ()) == "a"


def test_an_arm_that_never_met_another_is_compared_all_the_same() -> None:
    # One pull an item: nothing but the arms tells items apart.
    rng = random.Random(1)
    known = [(f"p{n}", arm, worth + rng.gauss(0, 0.3)) for n, (arm, worth) in enumerate([("a", 0.0), ("b", 1.0)] * 8)]
    assert best_arm(ARMS, known, ARMS[:2]) == "b"
    first = [pull(ARMS, known, dict.fromkeys(ARMS, 1), 1, rng)[0] for _ in range(100)]
    assert first.count("b") > 2 * first.count("a")


def test_the_ratio_is_found_where_there_is_much_to_see() -> None:
    rng = random.Random(5)
    for spread, likely in ((0.0, RATIOS[:3]), (3.0, RATIOS[-2:])):
        known = []
        for n in range(40):
            item = rng.gauss(0, spread)
            known += [(f"p{n}", arm, item + rng.gauss(0, 1)) for arm in ARMS]
        found = dict(zip(RATIOS, (each.weight for each in posteriors(ARMS, known)), strict=True))
        assert sum(found.values()) == pytest.approx(1)
        assert sum(found[ratio] for ratio in likely) > 0.95


def test_means_and_covariances_are_those_of_the_regression() -> None:
    known = [("p", "a", 1.0), ("p", "b", 0.2), ("q", "a", 2.5), ("q", "c", 1.1), ("r", "b", -0.4)]
    for ratio, found in zip(RATIOS[1:], posteriors(ARMS, known)[1:], strict=True):
        # The same by Henderson's equations: a free mean, arms with the precision 1, items with 1 / ratio.
        design = np.zeros((5, 1 + 3 + 3))
        for row, (item, arm, _) in enumerate(known):
            design[row, [0, 1 + ARMS.index(arm), 4 + "pqr".index(item)]] = 1
        left = design.T @ design + np.diag([0.0] + [1.0] * 3 + [1 / ratio] * 3)
        inverse = np.linalg.inv(left)
        values = np.array([value for _, _, value in known])
        effects = inverse @ design.T @ values
        noise = (values @ values - effects @ design.T @ values) / 4
        assert found.mean == pytest.approx(effects[1:4])
        assert found.covariance == pytest.approx(noise * inverse[1:4, 1:4])
