"""Kappa against values known from elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.grading.agreement import agreement


def test_a_table_worked_by_hand() -> None:
    """20 both yes, 5 and 10 one of them, 15 both no: agreement 0.7, by chance 0.5, so kappa 0.4."""
    found = agreement([True] * 25 + [False] * 25, [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    assert (found.n, found.ours, found.judge, found.agreement) == (50, 0.5, 0.6, 0.7)
    assert found.kappa == pytest.approx(0.4)


def test_kappa_needs_two_kinds_of_verdict() -> None:
    assert agreement([True, True], [True, True]).kappa is None
    assert agreement([True, True], [True, False]).kappa == 0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_the_graders_may_change_places(pairs: list[tuple[bool, bool]]) -> None:
    ours, judge = (list(column) for column in zip(*pairs, strict=True))
    there, back = agreement(ours, judge), agreement(judge, ours)
    assert there.agreement == back.agreement
    assert (there.kappa is None) == (back.kappa is None)
    assert there.kappa is None or there.kappa == pytest.approx(back.kappa)


@pytest.mark.parametrize(("ours", "judge"), [([], []), ([True], [])])
def test_nothing_to_compare_is_an_error(ours: list[bool], judge: list[bool]) -> None:
    with pytest.raises(ValueError, match="agreement: "):
        agreement(ours, judge)
