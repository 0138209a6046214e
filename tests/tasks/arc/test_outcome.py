"""From two puzzles to their answers: adapters are trained, queries asked under views, and what came is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.store.codec import decode, encode
from selfstudy.tasks.arc.answer import AnswerSettings, ask, likelihoods
from selfstudy.tasks.arc.outcome import PuzzleOutcome, run_pairs
from selfstudy.tasks.arc.plan import Plan
from selfstudy.tasks.arc.puzzle import Puzzle, Query
from tests.tasks.arc import small
from tests.tasks.arc.strategies import grid

PLAN = Plan(learning_rate=9e-3, epochs=12)
UNKNOWN = Puzzle("unknown", small.FOURS.train, (Query(grid("78")),))


@pytest.fixture(scope="module")
def outcomes() -> tuple[PuzzleOutcome, ...]:
    engine, form, grids = small.engine()
    pairs = [
        (small.SEVENS, None), (small.SEVENS, PLAN), (small.LONELY, PLAN), (small.FOURS, PLAN), (UNKNOWN, PLAN),
    ]  # fmt: skip
    return run_pairs(engine, form, grids, pairs, small.ADAPTING, small.ANSWERING)


def test_adapters_answer_what_they_were_trained_on(outcomes: tuple[PuzzleOutcome, ...]) -> None:
    base, sevens, _, fours, unknown = outcomes
    assert not base.solved()
    assert sevens.solved()
    assert fours.solved()
    assert sevens.answers[0].attempts[0] == "77"
    assert fours.answers[0].attempts[0] == "44"
    assert unknown.answers[0].attempts == fours.answers[0].attempts
    assert sevens.gain is not None
    assert sevens.gain > 0.5
    assert base.gain == 0.0


def test_an_answer_that_is_not_known_is_neither_right_nor_wrong(outcomes: tuple[PuzzleOutcome, ...]) -> None:
    unknown = outcomes[4]
    assert (unknown.known, unknown.solved(), unknown.gain, unknown.cells) == (False, False, None, None)
    assert unknown.answers[0].right is None


def test_a_failed_plan_has_a_reason_and_no_answers(outcomes: tuple[PuzzleOutcome, ...]) -> None:
    lonely = outcomes[2]
    assert lonely.failure == "plan: no training tasks"
    assert (lonely.answers, lonely.gain, lonely.solved(), lonely.known) == ((), None, False, False)


def test_only_grids_are_written_and_every_view_is_noted(outcomes: tuple[PuzzleOutcome, ...]) -> None:
    for outcome in outcomes:
        for answer in outcome.answers:
            assert [view for view, _ in answer.views] == ["identity", "transpose", "flip_horizontal"]
            assert sum(answer.votes) <= 3
    assert outcomes[1].answer_tokens > 0


def test_outcomes_can_be_recorded(outcomes: tuple[PuzzleOutcome, ...]) -> None:
    assert decode(tuple[PuzzleOutcome, ...], encode(tuple[PuzzleOutcome, ...], outcomes)) == outcomes


def test_right_counts_the_attempts() -> None:
    whole = PuzzleOutcome("p", "")
    first, second = (replace(whole, answers=(_answer(right),)) for right in (1, 2))
    assert (first.solved(1), second.solved(1), second.solved(2)) == (True, False, True)
    both = replace(whole, answers=(_answer(1), _answer(0)))
    assert not both.solved()


def _answer(right: int):  # type: ignore[no-untyped-def]
    from selfstudy.tasks.arc.outcome import Answer

    return Answer(("1", "2"), (2, 1), (), right, 0.5)


def test_examples_are_left_out_where_the_prompt_is_too_long() -> None:
    engine, form, grids = small.engine()
    asked = [(small.SEVENS, ())]
    (whole,) = ask(engine, form, grids, asked, AnswerSettings(num_views=1))
    (short,) = ask(engine, form, grids, asked, AnswerSettings(num_views=1, longest=280))
    (none,) = ask(engine, form, grids, asked, AnswerSettings(num_views=1, longest=100))
    assert 0 < short.tokens <= 280 < whole.tokens
    assert none.queries == ((),)
    assert likelihoods(engine, form, grids, asked, 100) == [()]
    assert len(likelihoods(engine, form, grids, asked, 4096)[0]) == 1


def test_unconstrained_writing_that_is_no_grid_is_no_answer() -> None:
    engine, form, grids = small.engine()
    (replies,) = ask(engine, form, grids, [(small.SEVENS, ())], AnswerSettings(num_views=2, constrained=False))
    assert [predicted.grid for predicted in replies.queries[0]] == [None, None]
