"""The benchmark of fixed plans, whole, on a tiny model and puzzles from files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import fixed_plans
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import tiny_model


def _task(folder: Path, number: int) -> None:
    pairs = [{"input": [[number, n]], "output": [[n, number]]} for n in range(3)]
    (folder / f"task{number}.json").write_text(json.dumps({"train": pairs, "test": pairs[:1]}))


def test_the_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tasks, out = tmp_path / "tasks", tmp_path / "out.json"
    tasks.mkdir()
    for number in range(3):
        _task(tasks, number)

    def open_with_tokenizer(args: Any, slots: int) -> tuple[Engine, Any]:
        loaded = tiny_model(5, system=None)
        return Engine(loaded.model, loaded.identity, slots=slots), loaded.chat

    monkeypatch.setattr(fixed_plans, "open_with_tokenizer", open_with_tokenizer)
    options = ["--source", str(tasks), "--puzzles", "2", "--budget", "2000", "--json", str(out)]
    monkeypatch.setattr(sys, "argv", ["fixed_plans.py", *options])
    fixed_plans.main()
    found = json.loads(out.read_text())
    none, basic = found["rows"]
    assert found["puzzles"] == ["task0", "task1"]
    assert (none["plan"], none["tokens"], none["gain"]["value"]) == ("none", 0, 0)
    assert (basic["plan"], basic["solved"]["n"], basic["failures"]) == ("basic", 2, {})
    assert 0 < basic["trained_tokens"] < basic["tokens"] <= 2000
    assert len(basic["solved_puzzles"]) == basic["solved"]["right"]
    assert "2 puzzles, 2,000 tokens each" in capsys.readouterr().out


def test_one_puzzle_has_no_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _task(tmp_path, 1)
    monkeypatch.setattr(sys, "argv", ["fixed_plans.py", "--source", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"fixed_plans: .* has 1 puzzles with known answers; two are needed"):
        fixed_plans.main()
