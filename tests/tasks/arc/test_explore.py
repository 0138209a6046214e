"""Plans with some of their choices drawn by chance."""

import re

from hypothesis import given
from hypothesis import strategies as st

from selfstudy.tasks.arc.explore import explored
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.plan_json import PATTERN, parse_plan, plan_text

OWN = Plan(basic=True, trained_on="everything", learning_rate=1e-6, epochs=10)


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_what_is_drawn_is_a_plan_that_the_model_could_write(seed: int, share: float) -> None:
    for plan in explored([OWN] * 3, share, seed=seed, puzzle="a"):
        assert re.fullmatch(PATTERN, plan_text(plan))
        assert parse_plan(plan_text(plan)) == plan


def test_without_a_share_the_plans_are_the_editors() -> None:
    assert explored([OWN, OWN], 0.0, seed=0, puzzle="a") == (OWN, OWN)


def test_every_choice_comes_up_and_half_of_them_stay() -> None:
    plans = explored([OWN] * 400, 0.5, seed=0, puzzle="a")
    assert 60 < sum(plan.trained_on == "last_output" for plan in plans) < 140
    assert 60 < sum(not plan.basic for plan in plans) < 140
    assert 150 < sum(plan.learning_rate == 1e-6 for plan in plans) < 250
    rates = [plan.learning_rate for plan in plans if plan.learning_rate != 1e-6]
    # Uniform in the logarithm: about a quarter in each of four decades.
    assert all(30 < sum(low <= rate < 10 * low for rate in rates) < 75 for low in (1e-5, 1e-4, 1e-3))
    assert {plan.epochs for plan in plans} >= {1, 2, 3}


def test_draws_depend_on_puzzle_and_place() -> None:
    one, two = explored([OWN, OWN], 1.0, seed=0, puzzle="a")
    (other,) = explored([OWN], 1.0, seed=0, puzzle="b")
    assert len({plan_text(one), plan_text(two), plan_text(other)}) == 3
    assert explored([OWN], 1.0, seed=0, puzzle="a") == (one,)
