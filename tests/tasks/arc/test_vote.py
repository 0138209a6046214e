"""Voting: most votes first, confidence between equals, what was no grid has no vote."""

from __future__ import annotations

from selfstudy.tasks.arc.transforms import IDENTITY
from selfstudy.tasks.arc.vote import VIEWS, Predicted, attempts
from tests.tasks.arc.strategies import grid

A, B, C = grid("1"), grid("2"), grid("3")


def test_most_votes_go_first() -> None:
    predicted = [Predicted("v", shown, logprob) for shown, logprob in ((A, -0.1), (B, -2.0), (C, -0.5), (B, -3.0))]
    assert attempts(predicted) == ((B, 2), (A, 1))


def test_between_equals_confidence_decides() -> None:
    predicted = [Predicted("v", A, -0.9), Predicted("v", B, -0.1), Predicted("v", C, -0.5)]
    assert attempts(predicted) == ((B, 1), (C, 1))


def test_what_is_no_grid_has_no_vote() -> None:
    assert attempts([Predicted("v", None, 0.0), Predicted("v", A, -5.0)]) == ((A, 1),)
    assert attempts([Predicted("v", None, 0.0)]) == ()


def test_views_differ_and_the_plain_one_is_first() -> None:
    assert VIEWS[0] == IDENTITY
    assert len({view.name for view in VIEWS}) == len(VIEWS)
