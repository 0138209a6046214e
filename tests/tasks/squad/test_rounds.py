"""Rounds as they are recorded: rewards, their errors, what was accepted and what it cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfstudy.domain.directives import Directives
from selfstudy.domain.measured import Measured, Reward, mean_and_error
from selfstudy.domain.row import Row
from selfstudy.domain.self_edit import SelfEdit
from selfstudy.outer_loop.choose import diversity_of
from selfstudy.outer_loop.contract import Arm, Candidate, Round, Tried
from selfstudy.outer_loop.editor import EditorState
from selfstudy.outer_loop.rewards import get_reward
from selfstudy.outer_loop.trials import Cohort
from selfstudy.tasks.squad.meter import Meter
from selfstudy.tasks.squad.rounds import record, rewarded

ARM, SHORT = Arm("rewrite"), Arm("rewrite", "short")


def _candidate(passage: str, sample: int, arm: Arm = ARM) -> Candidate:
    edit = SelfEdit(passage, arm.form, (Row.plain(f"{passage} says {sample}.", origin="rewrite"),))
    return Candidate(arm, sample, "", "", f"{passage} says {sample}.", edit)


def test_the_error_is_over_questions_of_the_mean_over_seeds() -> None:
    seeds = [mean_and_error([0.0, 1.0, 2.0]), None, mean_and_error([2.0, 1.0, 6.0])]
    found = rewarded(Tried(_candidate("p", 2), tuple(seeds)), {"p": "Warsaw"}, accepted=True)
    assert (found.title, found.arm, found.sample, found.trials, found.failed) == ("Warsaw", "rewrite", 2, 3, 1)
    assert found.reward == pytest.approx(2.0)  # of 1, 1 and 4, the questions' means over the two seeds
    assert found.error == pytest.approx(1.0)
    failed = rewarded(Tried(_candidate("p", 0), (None, None)), {"p": "Warsaw"})
    assert (failed.reward, failed.error, failed.failed) == (None, None, 2)
    for alone in (Reward(0.5), mean_and_error([0.5])):  # a reward without questions, and one of a single question
        assert rewarded(Tried(_candidate("p", 0), (alone,)), {"p": ""}).error is None


def test_a_candidate_says_what_it_asked_for_what_it_was_trained_on_and_why_trials_failed() -> None:
    plain = _candidate("p", 0)
    asking = replace(plain, edit=replace(plain.edit, directives=Directives(epochs=2, rule="distil")))
    trials = [
        Measured({"key_gain": (1.0,)}, trained_tokens=100), Measured(trained_tokens=7, failure="engine: loss"),
        Measured({"key_gain": (3.0,)}, trained_tokens=201), Measured(failure="engine: loss"),
    ]  # fmt: skip
    found = rewarded(Tried.of(asking, get_reward("key_likelihood"), trials), {"p": "Warsaw"})
    assert (found.reward, found.trials, found.failed, found.tokens) == (2.0, 4, 2, 150.5)  # of those that did not fail
    assert found.directives == Directives(epochs=2, rule="distil")
    assert (found.failures, found.reasons) == (("engine: loss",) * 2, ("engine: loss",))


def test_a_round_keeps_candidates_rewards_and_cost() -> None:
    candidates = [_candidate("p", 0), _candidate("p", 1), _candidate("q", 0), _candidate("q", 1, SHORT)]
    measured = [
        Measured({"key_gain": (v, v)}, trained_tokens=n) if v is not None else Measured(failure="engine: loss")
        for v, n in ((0.5, 100), (1.5, 200), (None, 0), (2.0, 400))
    ]
    reward = get_reward("key_likelihood")
    tried = tuple(Tried.of(c, reward, [m]) for c, m in zip(candidates, measured, strict=True))
    meter = Meter()
    meter.add(30.0)
    meter.add_trials(Cohort(tuple(measured[:3]), 9.0))
    meter.add_trials(Cohort(tuple(measured[3:]), 5.0))
    kept = diversity_of(candidates[1:2])
    done = Round(EditorState(), ARM, tried, (tried[1], tried[3]), kept, diversity_of(candidates), 1)
    found = record("rest_em", 2, "key_likelihood", done, meter.take(), {"p": "Warsaw", "q": "Oxygen"})
    assert [(each.title, each.arm, each.reward, each.tokens, each.accepted) for each in found.tried] == [
        ("Warsaw", "rewrite", 0.5, 100, False), ("Warsaw", "rewrite", 1.5, 200, True),
        ("Oxygen", "rewrite", None, 0, False), ("Oxygen", "rewrite+short", 2.0, 400, True),
    ]  # fmt: skip
    assert (found.algorithm, found.round, found.reward, found.refused, found.seconds) == (
        "rest_em", 2, "key_likelihood", 1, 30.0,
    )  # fmt: skip
    assert found.mean.value == pytest.approx((1.0 + 2.0) / 2)
    assert found.best.value == pytest.approx((1.5 + 2.0) / 2)
    assert found.spread == pytest.approx((0.5 + 0.0) / 2)
    assert (found.pace.trials, found.pace.seconds, found.pace.least, found.pace.most) == (4, 3.5, 3.0, 5.0)
    spent = meter.take()
    assert (spent.seconds, spent.cohorts) == (0.0, ())
