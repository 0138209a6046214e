"""`selfstudy solve` on a tiny model: what it prints, what `--json` promises, what it says of a bad file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from selfstudy.cli.solve import solve
from tests.api import homes
from tests.cli.small_home import mistake, run

SEVENS: dict[str, Any] = {
    "train": [{"input": [[n, n + 1]], "output": [[7, 7]]} for n in (1, 3, 5)],
    "test": [{"input": [[7, 8]], "output": [[7, 7]]}],
}
PLAN = {
    "data_generation": {f"use_{group}_augmentations": False for group in ("basic", "size", "chain", "repeat")},
    "training": {"strategy": "train_using_output_tokens", "learning_rate": 9e-3, "num_train_epochs": 40},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homes.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return _written(tmp_path / "sevens.json", SEVENS)


def _written(file: Path, value: object) -> Path:
    file.write_text(json.dumps(value))
    return file


def _solved(task: Path, model: Path, *arguments: object) -> dict[str, Any]:
    ran = run(solve, task, "--model", model, "--dtype", "float32", "--json", *arguments)
    assert ran.code == 0
    return json.loads(ran.out)  # type: ignore[no-any-return]


def test_a_plan_from_a_file_solves_the_puzzle(task: Path, model: Path, tmp_path: Path) -> None:
    plan = _written(tmp_path / "plan.json", PLAN)
    found = _solved(task, model, "--plan", plan, "--budget", 80_000, "--views", 3)
    assert found["attempts"][0][0] == [[7, 7]]
    assert (found["right"], found["right_at_first"], found["cell_accuracy"]) == (True, True, 1.0)
    assert found["plan"] == PLAN
    assert found["plan_failure"] is None
    assert list(found["views"][0]) == ["identity", "transpose", "flip_horizontal"]
    assert found["trained_tokens"] < found["tokens"] <= 80_000
    assert found["seconds"] > 0


def test_without_a_known_answer_right_is_null(model: Path, tmp_path: Path) -> None:
    task = _written(tmp_path / "open.json", {**SEVENS, "test": [{"input": [[7, 8]]}]})
    found = _solved(task, model, "--plan", "none", "--views", 1)
    assert (found["right"], found["cell_accuracy"], found["plan"], found["tokens"]) == (None, None, None, 0)


def test_the_models_own_plan_is_valid_or_refused_with_a_reason(task: Path, model: Path) -> None:
    pytest.importorskip("llguidance")
    found = _solved(task, model, "--plan", "auto", "--views", 1)
    assert set(found["plan"]) == set(PLAN)
    assert found["plan_failure"] is None or found["plan_failure"].startswith("plan: ")


def test_an_impossible_plan_answers_in_context_and_says_so(task: Path, model: Path) -> None:
    ran = run(solve, task, "--model", model, "--budget", "10", "--views", "1")
    assert "the plan cannot be carried out (plan: over budget); answered in context only" in " ".join(ran.err.split())
    assert "in context only; 0 steps over 0 tokens" in ran.out
    assert "wrong: 0 of 1 right" in ran.out
    assert "input" in ran.out


def test_mistakes_are_one_line(task: Path, tmp_path: Path) -> None:
    bad = _written(tmp_path / "bad.json", {**SEVENS, "train": [SEVENS["train"][0], {"input": [[1]], "output": [[10]]}]})
    assert mistake(solve, bad) == (
        f"{bad}: train 2, output: row 1, cell 1 is 10; a colour is a whole number from 0 to 9"
    )
    assert mistake(solve, tmp_path / "none.json") == f"puzzle: {tmp_path / 'none.json'} does not exist"
    assert mistake(solve, task, "--plan", "basics") == ("plan: 'basics' is no file and none of none, basic, all, auto")
    plan = _written(tmp_path / "plan.json", {})
    assert mistake(solve, task, "--plan", plan) == f'{plan}: plan: the key "data_generation" is missing'
    assert mistake(solve, task, "--views", "9") == "answer: num_views 9 must be 1 to 7"
