"""Runs are taken up again under the same settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfstudy.store.open import open_store
from selfstudy.store.runs import End, Runs

INPUTS = {"documents": ["a", "b"], "model": "tiny"}
SETTINGS = {"rank": 16, "rate": 2e-3, "seed": 0}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return open_store(tmp_path).runs


def test_an_unfinished_run_is_taken_up_again(runs: Runs, tmp_path: Path) -> None:
    run = runs.begin("learn", INPUTS, SETTINGS)
    assert (run.state, run.resumed, run.ended, run.version) == ("running", False, None, None)
    assert (run.inputs, run.settings) == (INPUTS, SETTINGS)
    # The order of the keys says nothing.
    again = open_store(tmp_path).runs.begin("learn", dict(reversed(INPUTS.items())), dict(reversed(SETTINGS.items())))
    assert (again.id, again.resumed, again.started) == (run.id, True, run.started)


def test_other_inputs_or_another_command_are_another_run(runs: Runs) -> None:
    begun = [
        runs.begin("learn", INPUTS, SETTINGS),
        runs.begin("teach", INPUTS, SETTINGS),
        runs.begin("learn", INPUTS | {"model": "other"}, SETTINGS),
        runs.begin("learn", {}, {}),
    ]
    assert not any(run.resumed for run in begun)
    assert [run.id for run in runs.all()] == [run.id for run in begun]


def test_other_settings_are_listed(runs: Runs) -> None:
    runs.begin("learn", INPUTS, SETTINGS)
    with pytest.raises(ValueError) as caught:
        runs.begin("learn", INPUTS, {"rank": 8, "rate": 2e-3, "judge": "none"})
    assert str(caught.value) == (
        "learn: a run on the same inputs is unfinished, and its settings differ: "
        'judge was not given, now "none"; rank was 16, now 8; seed was 0, now not given. '
        "The same settings go on with it, --fresh starts anew"
    )
    assert [run.state for run in runs.all()] == ["running"]


def test_fresh_gives_the_old_run_up(runs: Runs) -> None:
    old = runs.begin("learn", INPUTS, SETTINGS)
    new = runs.begin("learn", INPUTS, {"rank": 8}, fresh=True)
    assert new.id != old.id
    assert not new.resumed
    assert [(run.id, run.state, run.ended is None) for run in runs.all()] == [
        (old.id, "abandoned", False),
        (new.id, "running", True),
    ]
    assert runs.begin("learn", INPUTS, {"rank": 8}).id == new.id


@pytest.mark.parametrize("state", ["published", "done", "refused", "failed"])
def test_a_run_ends_once_and_the_next_is_a_new_one(runs: Runs, state: End) -> None:
    run = runs.begin("learn", INPUTS, SETTINGS)
    ended = runs.finish(run, state)
    assert (ended.id, ended.state) == (run.id, state)
    assert ended.ended is not None
    assert runs.all() == (ended,)
    with pytest.raises(ValueError) as caught:
        runs.finish(run, "failed")
    assert str(caught.value) == f"run {run.id} cannot end as failed: it has ended as {state}"
    assert runs.begin("learn", INPUTS, SETTINGS).id != run.id


def test_infinity_and_nested_values_are_compared(runs: Runs) -> None:
    settings = {"until": float("inf"), "odd": float("nan"), "layers": (1, 2), "none": None}
    run = runs.begin("learn", {}, settings)
    assert runs.begin("learn", {}, settings | {"layers": [1, 2]}).id == run.id


def test_values_that_are_no_json_are_named(runs: Runs) -> None:
    with pytest.raises(ValueError) as caught:
        runs.begin("learn", {"folder": Path("x")}, {})
    assert str(caught.value) == ("input 'folder': what is of type PosixPath has no JSON form")
    for arguments in (
        ("\ud800", {}, {}),
        ("learn", {"\ud800": 1}, {}),
        ("learn", {}, {"name": "\ud800"}),
        ("learn", {}, {"name": ["\ud800"]}),
    ):
        with pytest.raises(ValueError, match="holds half a character"):
            runs.begin(*arguments)
    assert runs.all() == ()
