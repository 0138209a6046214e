"""Designs of short trainings: how they are told, and what they are held against."""

from __future__ import annotations

import argparse
import json
import random

import pytest
from benchmarks.short_trainings import Design, Run, agreement, centred, design_of

from selfstudy.domain.update import Update
from selfstudy.statistics.regret import Choice

PASSAGES = ["a", "a", "b", "b", "b"]
SHORT = Design(860, rows=2)


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


def run_of(passages: list[str], short: list[float], taken: int, design: Design = SHORT) -> Run:
    """Two candidates a passage, the second of which is better."""
    names = [name for name in passages for _ in range(2)]
    full = [[0.0, 1.0] * len(passages)] * 2
    choices = [Choice((0.0, 1.0), taken, 30.0, 100.0, 1) for _ in passages]
    return Run(names, full, {design: short * len(passages)}, {design: choices})


def test_runs_on_other_passages_are_told_together() -> None:
    one, other = run_of(["a", "b"], [0.2, 0.4], 1), run_of(["c", "d"], [0.4, 0.2], 0)
    assert Run.of(json.loads(json.dumps(one.json()))).line(SHORT) == one.line(SHORT)
    assert "agreement 1.00 (a full one 1.00), kept 1.00 (1.00 to 1.00), cost 0.30" in one.line(SHORT)
    both = one + other
    assert "agreement 0.00" in both.line(SHORT)
    assert both.line(SHORT).endswith("4 passages")
    assert "kept 0.00 " in both.line(SHORT)  # half of the choices gain 0.5, the others lose it


def test_runs_without_a_common_design_tell_nothing_together() -> None:
    with pytest.raises(ValueError, match="no design is in both runs"):
        run_of(["a", "b"], [0.2, 0.4], 1) + run_of(["c", "d"], [0.2, 0.4], 1, Design(1250))


def test_a_passage_counts_once() -> None:
    with pytest.raises(ValueError, match="1 passages are in both runs"):
        run_of(["a", "b"], [0.2, 0.4], 1) + run_of(["b", "c"], [0.2, 0.4], 1)
