"""The puzzles' benchmark, whole, on a tiny model and puzzles from files. No time is asserted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import puzzles
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import tiny_model


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    folder = tmp_path / "tasks"
    folder.mkdir()
    for number in range(3):
        pairs = [{"input": [[number, n]], "output": [[n, number]]} for n in range(3)]
        (folder / f"task{number}.json").write_text(json.dumps({"train": pairs, "test": pairs[:1]}))
    return folder


def _run(monkeypatch: pytest.MonkeyPatch, *options: object) -> None:
    def open_with_tokenizer(args: Any, slots: int) -> tuple[Engine, Any]:
        loaded = tiny_model(5, system=None)
        return Engine(loaded.model, loaded.identity, slots=slots), loaded.chat

    monkeypatch.setattr(puzzles, "open_with_tokenizer", open_with_tokenizer)
    monkeypatch.setattr(sys, "argv", ["puzzles.py", *map(str, options)])
    puzzles.main()


def test_the_whole_run(
    tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, out = tmp_path / "rows.json", tmp_path / "out.json"
    rows.write_text(json.dumps([{"rows": ["a note", "another"], "questions": ["what?"]}]))
    budget = 6000
    options = ("--source", tasks, "--puzzles", 3, "--budget", budget, "--rounds", 2, "--steps", 2, "--rows", rows)
    _run(monkeypatch, *options, "--json", out)
    found = json.loads(out.read_text())
    cases = {row["case"]: row for row in found["rows"]}
    assert list(cases) == ["puzzles", "rows", "rows_puzzle_targets"]
    whole = cases["puzzles"]
    assert whole["adapters"] == 3
    assert 0 < whole["trained_tokens"] < whole["tokens"] <= 3 * budget
    assert (cases["rows"]["adapters"], cases["rows"]["steps"]) == (1, 2)
    for row in cases.values():
        assert 0 < row["least"] <= row["tokens_per_s"] <= row["greatest"]
    for ratio in found["ratios"].values():
        assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    assert "puzzles / rows: " in capsys.readouterr().out


def test_what_it_cannot_time_is_said(tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"puzzles: .*tasks has 3 with known answers; ask for no more"):
        _run(monkeypatch, "--source", tasks)
    with pytest.raises(SystemExit, match=r"puzzles: puzzle .*: plan: over budget; raise --budget"):
        _run(monkeypatch, "--source", tasks, "--puzzles", 3, "--budget", 20)
    with pytest.raises(SystemExit, match="puzzles: 'nothing' is no file, no folder and no subset"):
        _run(monkeypatch, "--source", "nothing")
