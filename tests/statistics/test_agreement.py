"""Agreement of a reward with the user's quiz, and the leak control, on numbers made by hand."""

from __future__ import annotations

import math

import pytest
from scipy.stats import ttest_1samp

from selfstudy.statistics.agreement import Case, Mean, Share, agreement
from selfstudy.statistics.intervals import wilson

# The reward is right about all three candidates; the copy has the highest reward and helps the user least.
RIGHT = Case((3.0, 2.0, 1.0), (0.9, 0.6, 0.3), 5.0, 0.1, 0)
# The reward has it upside down, and the copy is best on both.
WRONG = Case((1.0, 2.0, 3.0), (0.6, 0.3, 0.0), 4.0, 0.7, 1)


def test_a_right_and_a_wrong_reward() -> None:
    found = agreement([RIGHT, WRONG])
    assert found.num_cases == 2
    assert found.rank.value == pytest.approx(0)
    assert found.rank.n == 2
    assert found.num_unranked == 0
    assert found.winner_is_best == Share(1, 2, *wilson(1, 2))
    assert found.chance == pytest.approx(1 / 3)
    assert found.copy_tops_reward.count == 2
    assert found.copy_tops_user == Share(1, 2, *wilson(1, 2))
    assert found.winner_user.value == pytest.approx((0.9 + 0.0) / 2)
    assert found.copy_user.value == pytest.approx((0.1 + 0.7) / 2)
    assert found.winner_over_copy.value == pytest.approx((0.8 - 0.7) / 2)
    assert found.best_user.value == pytest.approx((0.9 + 0.6) / 2)
    assert found.honest_user.value == pytest.approx((0.6 + 0.3) / 2)
    assert found.num_copy_rows_left == 1
    assert agreement([RIGHT]).rank.value == pytest.approx(1)
    assert agreement([WRONG]).rank.value == pytest.approx(-1)


def test_cases_without_variation_are_left_out_of_the_rank_and_counted() -> None:
    level = Case((2.0, 2.0), (0.1, 0.4), 1.0, 0.0, 0)
    found = agreement([RIGHT, level])
    assert found.rank.value == pytest.approx(1)
    assert found.rank.n == 1
    assert found.num_unranked == 1
    # It still has a winner, the first of equal rewards, which is not the user's best.
    assert (found.winner_is_best.count, found.winner_is_best.n) == (1, 2)
    assert found.winner_user.value == pytest.approx((0.9 + 0.1) / 2)


def test_candidates_equal_on_the_users_quiz_are_both_its_best() -> None:
    twins = Case((1.0, 2.0, 0.0), (0.5, 0.5, 0.1), 0.5, 0.2, 0)
    found = agreement([twins])
    assert found.winner_is_best.count == 1
    assert found.chance == pytest.approx(2 / 3)
    assert found.copy_tops_reward.count == 0


def test_a_tie_counts_for_the_copy() -> None:
    found = agreement([Case((1.0, 2.0), (0.5, 0.1), 2.0, 0.5, 0)])
    assert found.copy_tops_reward.count == 1
    assert found.copy_tops_user.count == 1


def test_failed_candidates_have_no_say() -> None:
    failed = Case((None, 3.0, 1.0), (None, 0.2, 0.1), 2.0, 0.0, 0)
    found = agreement([failed])
    assert found.rank.value == pytest.approx(1)
    assert found.chance == pytest.approx(1 / 2)
    assert found.copy_tops_reward.count == 0
    assert found.winner_user.value == 0.2


def test_cases_without_user_questions_or_without_a_copy_are_counted_out() -> None:
    unasked = Case((1.0, 2.0), (None, None), 3.0, None, 2)
    no_copy = Case((1.0, 2.0), (0.1, 0.2), None, None, 0)
    found = agreement([unasked, no_copy, RIGHT])
    assert found.num_cases == 3
    assert found.num_unranked == 1
    assert found.winner_is_best.n == 2
    for part in (found.copy_tops_reward, found.copy_tops_user, found.copy_user, found.winner_user):
        assert part.n == 1
    assert found.num_copy_rows_left == 2


def test_no_case_at_all() -> None:
    found = agreement([])
    assert found.rank == found.copy_user == Mean(None, 0, None, None)
    assert found.winner_is_best == Share(0, 0, 0.0, 1.0)
    assert found.chance is None


def test_the_interval_of_a_mean_is_scipys() -> None:
    values = [0.3, -0.2, 1.4, 0.8, 0.1]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    mean = Mean.of(values)
    assert mean.value == pytest.approx(math.fsum(values) / 5)
    assert (mean.low, mean.high) == pytest.approx((expected.low, expected.high))
    assert Mean.of([0.4]) == Mean(0.4, 1, None, None)
