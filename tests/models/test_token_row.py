"""TokenRow says what is wrong with it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from selfstudy.domain.token_row import TokenRow, TokenTargets

TARGET = TokenTargets(1, (4, 5), (math.log(0.5), math.log(0.25)))
GOOD: dict[str, Any] = {"ids": (3, 4, 5), "weights": (0.0, 1.0, 0.0), "loss": "kl", "targets": (TARGET,)}


def test_a_good_row() -> None:
    assert TokenRow(**GOOD).trained == (1,)
    assert TokenRow(ids=(3, 4), weights=(0.0, 0.5)).targets is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ()}, "token row: it has no ids"),
        ({"weights": (0.0, 1.0)}, "token row: 3 ids but 2 weights; give one weight an id"),
        ({"ids": (3, -4, 5)}, "token row: id -4 is negative"),
        ({"weights": (0.0, math.nan, 0.0)}, "token row: weights must be finite and not negative"),
        ({"weights": (1.0, 1.0, 0.0)}, "token row: weights[0] is 1.0; it must be 0, nothing comes before ids[0]"),
        ({"loss": "mse"}, "token row: loss 'mse' is unknown; use 'cross_entropy' or 'kl'"),
        (
            {"loss": "cross_entropy"},
            "token row: targets are given but the loss is 'cross_entropy'; only 'kl' takes targets",
        ),
        ({"weights": (0.0, 1.0, 1.0)}, "token row: targets at [1], but the trained positions are [1, 2]"),
    ],
)
def test_a_bad_row(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        TokenRow(**{**GOOD, **change})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            (0, (1,), (-1.0,)),
            "token targets at position 0: the first token has nothing before it; positions start at 1",
        ),
        ((1, (1, 2), (-1.0,)), "token targets at position 1: 2 ids and 1 logprobs; give equally many, not 0"),
        ((1, (1, 1), (-1.0, -1.0)), "token targets at position 1: ids must be distinct and not negative"),
        ((1, (1,), (math.nan,)), "token targets at position 1: logprobs must be numbers of at most 0"),
        (
            (1, (1, 2), (-0.1, -0.1)),
            "token targets at position 1: the probabilities add up to 1.8097, which is above 1",
        ),
    ],
)
def test_bad_targets(target: tuple[Any, Any, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        TokenTargets(*target)
    assert str(caught.value) == message
