"""Races: common seeds among siblings, the better half goes on, who drops out keeps the outcome it had."""

from __future__ import annotations

import math

import pytest

from selfstudy.domain.self_edit import SelfEdit
from selfstudy.domain.trial import Outcome, Standing
from selfstudy.inner_loop import race as race_module
from selfstudy.inner_loop.race import race
from selfstudy.inner_loop.trial import Entry
from tests.inner_loop import small


class Recorder:
    """Stands in for `run_cohort`: outcomes from a table, and what was asked at each rung."""

    def __init__(self, values: dict[str, list[float | None]]) -> None:
        self.values = values
        self.rungs: list[list[Entry]] = []
        self.budgets: list[int] = []

    def __call__(
        self, engine: object, form: object, entries: list[Entry], recipe: object, budget: int
    ) -> list[Outcome]:
        self.rungs.append(list(entries))
        self.budgets.append(budget)
        found = [self.values[entry.edit.format][len(self.rungs) - 1] for entry in entries]
        return [Outcome((), 0, 0, "engine: it broke") if v is None else Outcome((v,), budget, 1) for v in found]


def _edits(*names: str, passage: str = "p") -> list[SelfEdit]:
    return [SelfEdit(passage, name, ()) for name in names]


def _names(standings: list[Standing]) -> list[str]:
    return [standing.edit.format for standing in standings]


def test_siblings_share_their_seed_and_their_base(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({name: [1.0, 1.0, 1.0] for name in "abcd"})
    monkeypatch.setattr(race_module, "run_cohort", recorder)
    engine, form = small.engine()
    candidates = {"p": _edits("a", "b"), "q": _edits("c", "d", passage="q")}
    quizzes = {"p": small.QUIZ, "q": small.QUIZ[:1]}
    race(engine, form, candidates, quizzes, small.RECIPE, budgets=(2, 6), seed=4)
    race(engine, form, candidates, quizzes, small.RECIPE, budgets=(2,), seed=5)
    first, second, other_run = recorder.rungs
    assert recorder.budgets == [2, 6, 2]
    for rung in (first, second, other_run):
        for passage in "pq":
            assert len({entry.seed for entry in rung if entry.edit.passage == passage}) == 1
            assert len({entry.base for entry in rung if entry.edit.passage == passage}) == 1
    seeds = [{entry.seed for entry in rung} for rung in (first, second, other_run)]
    assert len(set().union(*seeds)) == 6  # passages, rungs and runs differ
    assert [len(entry.base) for entry in first] == [2, 2, 1, 1]


def test_the_better_half_goes_on_and_drop_outs_keep_their_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({"a": [0.1], "b": [0.5, 0.2, 9.0], "c": [9.9, 0.1], "d": [0.4, 0.3, 0.1], "e": [0.3]})
    recorder.values["e"] = [0.0]
    monkeypatch.setattr(race_module, "run_cohort", recorder)
    engine, form = small.engine()
    standings = race(engine, form, {"p": _edits(*"abcde")}, {"p": small.QUIZ}, small.RECIPE, budgets=(1, 2, 3))["p"]
    assert [sorted(e.edit.format for e in rung) for rung in recorder.rungs] == [list("abcde"), list("bcd"), list("bd")]
    # Who went further stands before who dropped out, whatever the latter had.
    assert _names(standings) == ["b", "d", "c", "a", "e"]
    assert [[o.value for o in s.outcomes] for s in standings] == [
        [0.5, 0.2, 9.0],
        [0.4, 0.3, 0.1],
        [9.9, 0.1],
        [0.1],
        [0.0],
    ]


def test_a_failed_trial_is_last_and_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({"a": [None], "b": [-3.0, -3.0], "c": [-2.0, None]})
    monkeypatch.setattr(race_module, "run_cohort", recorder)
    engine, form = small.engine()
    standings = race(engine, form, {"p": _edits(*"abc")}, {"p": small.QUIZ}, small.RECIPE, budgets=(1, 2))["p"]
    assert _names(standings) == ["b", "c", "a"]
    assert standings[1].outcomes[-1].value is None
    assert standings[1].value == -math.inf
    assert standings[2].outcomes[0].failure == "engine: it broke"


def test_ties_go_to_the_first_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({name: [1.0, 1.0] for name in "abcd"})
    monkeypatch.setattr(race_module, "run_cohort", recorder)
    engine, form = small.engine()
    standings = race(engine, form, {"p": _edits(*"abcd")}, {"p": small.QUIZ}, small.RECIPE, budgets=(1, 2))["p"]
    assert _names(standings) == list("abcd")


def test_a_real_race_finds_the_right_notes() -> None:
    engine, form = small.engine()
    candidates = {"p": [small.WRONG, small.EMPTY, small.RIGHT, small.HALF]}
    standings = race(engine, form, candidates, {"p": small.QUIZ}, small.RECIPE, budgets=(6, 24), seed=1)["p"]
    assert standings[0].edit == small.RIGHT
    assert [len(s.outcomes) for s in standings] == [2, 2, 1, 1]
    assert standings[-1].edit == small.EMPTY
    again = race(engine, form, candidates, {"p": small.QUIZ}, small.RECIPE, budgets=(6, 24), seed=1)["p"]
    assert again == standings
