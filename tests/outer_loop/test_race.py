"""Successive halving: who goes on from rung to rung, on trials that are planned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfstudy.domain.measured import Measured
from selfstudy.domain.passage import Passage
from selfstudy.domain.quiz import Question
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.contract import Arm, Candidate
from selfstudy.outer_loop.exam import exam
from selfstudy.outer_loop.race import Rung, race
from selfstudy.outer_loop.rewards import get_reward

ARM = Arm("rewrite")
PASSAGES = [Passage("d", title, f"Of {title}.") for title in ("Lisk", "Skarn")]
KEY = (Question("How many?", ("143",)),)
REWARD = get_reward("key_likelihood")


def _candidates(*texts: str, passage: Passage = PASSAGES[0]) -> list[Candidate]:
    return [
        Candidate(ARM, n, "", "", text, SelfEdit(passage.identity, "rewrite", (Row.plain(text),)))
        for n, text in enumerate(texts)
    ]


def _run(candidates: Sequence[Candidate], rungs: dict[int, Sequence[float | None]]) -> list[Rung]:
    """`rungs` has at each budget what each candidate gains, None where the trial fails."""

    def measure(raced: Sequence[Candidate], tokens: int, number: int) -> list[Measured]:
        assert number == list(rungs).index(tokens)
        gains = [rungs[tokens][candidates.index(each)] for each in raced]
        return [Measured(failure="engine") if g is None else Measured({"key_gain": (g,)}, tokens=tokens) for g in gains]

    exams = {passage.identity: exam(passage, KEY) for passage in PASSAGES}
    return list(race(candidates, exams, REWARD, list(rungs), measure))


@pytest.mark.parametrize(
    ("gains", "taken"),
    [
        ([(0.0, 0.1, 1.0, 1.2), (9.0, 9.0, 1.0, 0.8)], 2),  # who is out is out
        ([(0.0, 0.1, 1.0, 1.2), (0.0, 0.0, None, -3.0)], 3),  # a failed trial stands last
        ([(None, None, None, None), (1.0, 2.0, 9.0, 9.0)], 1),  # if all fail, the first sampled go on
        ([(0.5, 0.5, 0.5, 0.5), (0.0, 1.0, 9.0, 9.0)], 1),
    ],
)
def test_who_is_taken(gains: list[Sequence[float | None]], taken: int) -> None:
    first, last = _run(_candidates(*"abcd"), dict(zip((100, 200), gains, strict=True)))
    assert first.places == (0, 1, 2, 3)
    assert last.places == tuple(sorted(first.stay))
    assert last.stay == {taken}


def test_a_look_at_the_text_comes_before_training() -> None:
    """One of four is out by what it mentions, whatever it would have gained."""
    texts = ["143 and 143 steps", "143 steps", "142 steps", "it has 143, yes 143, 143"]
    (rung,) = _run(_candidates(*texts), {0: (), 500: (0.1, 1.0, 9.0, 0.5)})
    assert (rung.number, rung.tokens, rung.places, rung.stay) == (1, 500, (0, 1, 3), {1})


@pytest.mark.parametrize(
    ("gains", "taken"),
    [
        ((0.5, 0.4, 9.0, -9.0), 0),  # it mentions more than the second, and gained more
        ((0.5, 0.6, 9.0, -9.0), 0),  # a little less gained, more mentioned
        ((0.5, 3.0, 9.0, -9.0), 1),  # what was gained outweighs it
        ((None, 0.0, 9.0, 0.1), 3),  # a failed trial has nothing; of the others the last mentions more
    ],
)
def test_what_was_mentioned_counts_beside_gains(gains: Sequence[float | None], taken: int) -> None:
    texts = ["143 and 143 steps", "143 steps", "142 steps", "it has 143, yes 143, 143"]
    (rung,) = _run(_candidates(*texts), {0: (), 500: gains})
    assert rung.stay == {taken}


@pytest.mark.parametrize(("num", "left"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 6)])
def test_a_look_at_the_text_leaves_three_quarters(num: int, left: int) -> None:
    (rung,) = _run(_candidates(*"abcdefgh"[:num]), {0: (), 500: [0.0] * num})
    assert rung.places == tuple(range(left))


def test_passages_race_by_themselves() -> None:
    candidates = [*_candidates("a", "b", "c"), *_candidates("d", passage=PASSAGES[1])]
    first, last = _run(candidates, {100: (1.0, 2.0, 3.0, -5.0), 200: (9.0, 5.0, 4.0, -5.0)})
    assert first.stay == {1, 2, 3}
    assert last.stay == {1, 3}


@given(st.lists(st.lists(st.floats(-5, 5) | st.none(), min_size=5, max_size=5), min_size=1, max_size=4))
def test_each_rung_has_those_who_stayed_and_the_best_of_them_stay(gains: list[list[float | None]]) -> None:
    found = _run(_candidates(*"abcde"), {100 * (n + 1): each for n, each in enumerate(gains)})
    here = set(range(5))
    for rung, each in zip(found, gains, strict=True):
        assert set(rung.places) == here
        value = {place: -math.inf if each[place] is None else each[place] for place in here}
        out = here - rung.stay
        assert all(value[place] <= value[other] for place in out for other in rung.stay)
        assert len(rung.stay) == (1 if rung is found[-1] else (len(here) + 1) // 2)
        here = set(rung.stay)
