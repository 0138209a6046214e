"""Designs of short trainings: how they are told, and what they are held against."""

from __future__ import annotations

import argparse
import random

import pytest
from benchmarks.short_trainings import Design, agreement, centred, design_of

from selfstudy.domain.update import Update

PASSAGES = ["a", "a", "b", "b", "b"]


def test_a_design_overrides_what_it_names() -> None:
    update = Update()
    assert design_of("tokens=320") == Design(320)
    assert design_of("tokens=320").of(update) == update
    own = design_of("rows=2,rate=2e-3,averaged=0.5").of(update).recipe
    assert (own.rows_per_step, own.learning_rate, own.averaged) == (2, 2e-3, 0.5)
    assert own.rank == update.recipe.rank


@pytest.mark.parametrize("text", ["", "tokens", "tokens=many", "speed=2", "tokens=1=2"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        design_of(text)
    assert str(caught.value) == f"{text!r} is no list of tokens, rows, rate, averaged with = and a number"


def test_what_passages_differ_in_does_not_count() -> None:
    assert centred([1, 3, 10, 20, 30], PASSAGES) == [-1, 1, -10, 0, 10]
    rng = random.Random(0)
    one = [rng.gauss(0, 1) for _ in PASSAGES]
    moved = [2 * value + {"a": 100, "b": -7}[passage] for value, passage in zip(one, PASSAGES, strict=True)]
    assert agreement(one, moved, PASSAGES) == pytest.approx(1)
    assert agreement(one, [-value for value in moved], PASSAGES) == pytest.approx(-1)


def test_equal_candidates_agree_with_nothing() -> None:
    assert agreement([1, 1, 2, 2, 2], [1, 2, 3, 4, 5], PASSAGES) == 0
