"""The scale benchmark: its ladders, its knee, and one run on a tiny model. No time is asserted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import scale, timing
from selfstudy.engine import train
from selfstudy.engine.engine import Engine
from selfstudy.engine.memory_limit import OutOfMemoryWarning
from selfstudy.models.tiny import tiny_model


def test_each_ladder_doubles_one_number() -> None:
    points = scale.ladders(10, 64, adapters=4, rows=8, length=48)
    assert [p.adapters for p in points if p.ladder == "adapters"] == [1, 2, 4, 8]
    assert [p.rows for p in points if p.ladder == "rows"] == [1, 2, 4, 8, 16, 32]
    assert [p.length for p in points if p.ladder == "length"] == [16, 32, 64]
    assert {(p.rows, p.length) for p in points if p.ladder == "adapters"} == {(8, 48)}
    assert {(p.adapters, p.length) for p in points if p.ladder == "rows"} == {(4, 48)}
    assert {(p.adapters, p.rows) for p in points if p.ladder == "length"} == {(4, 8)}


def test_the_engine_trains_the_tokens_that_a_point_names() -> None:
    loaded = tiny_model(0)
    point = scale.Point("adapters", 3, 2, 16)
    jobs = scale.jobs_of(point, timing.TARGETS["qv"], 259)
    assert len({row.ids[:2] for job in jobs for row in job.rows}) == 6  # no prefix to share
    results = Engine(loaded.model, loaded.identity).train(jobs)
    assert [len(r.losses) for r in results] == [2, 2, 2]
    assert sum(r.tokens for r in results) == point.tokens == 96
    assert sum(r.trained_tokens for r in results) == point.trained_tokens == 90


def test_the_knee_is_the_first_doubling_that_gains_less_than_a_tenth() -> None:
    value, gain = scale.knee([1, 2, 4, 8], [100, 60, 57, 20]) or (0, 0)
    assert (value, gain) == (2, pytest.approx(0.05))
    assert scale.knee([1, 2, 4], [100, 89, 80]) is None  # more than a tenth each
    assert scale.knee([1, 2], [100, 120]) == (1, pytest.approx(-0.2))


def _row(adapters: int, cost: float, ladder: str = "adapters") -> dict[str, Any]:
    point = {"ladder": ladder, "adapters": adapters, "length": 48, "share_of_peak": 0.415}
    return {**point, "microseconds_per_trained_token": cost}


def test_the_last_line_names_the_knee_of_the_adapters() -> None:
    rows = [_row(1, 100), _row(2, 60), _row(4, 57), _row(8, 20, "rows")]
    assert scale.last_line(rows) == (
        "time per trained token stops falling at 2 adapters at once (96 tokens a step, 42% of the rate of bare "
        "products): twice as many gain 5%"
    )
    assert scale.last_line(rows[:2]) == (
        "time per trained token falls by 10 % or more a doubling up to 2 adapters at once"
    )


def test_a_ladder_ends_where_memory_does(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measure(engine: object, point: scale.Point, targets: object, every: float | None) -> tuple[float, float]:
        if point.ladder == "adapters" and point.adapters >= 2:
            raise OutOfMemoryWarning
        # Lanes are looked at in the round that is not timed; afterwards the process alone is known.
        return 1.0, float(point.adapters) if every is None else 9.0

    monkeypatch.setattr(scale, "measure", measure)
    loaded = tiny_model(0)
    points = scale.ladders(8, 16, adapters=4, rows=8, length=48)
    found = scale.measure_all(Engine(loaded.model, loaded.identity), points, (), repeats=2)
    assert [p for p in points if p.ladder != "adapters" or p.adapters == 1] == list(found)
    assert set(map(tuple, found.values())) == {((1.0, 9.0), (1.0, 9.0))}
    assert capsys.readouterr().err.count("out of memory: the ladder of adapters ends before") == 1


def test_a_point_that_memory_holds_only_in_part_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_step(*args: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(train, "run_step", run_step)
    loaded = tiny_model(0)
    with pytest.raises(OutOfMemoryWarning):
        scale.measure(Engine(loaded.model, loaded.identity), scale.Point("adapters", 2, 1, 8), timing.TARGETS["qv"])


def test_the_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(timing.SHAPES, "tiny", ((32, 64, 2, 4, 2, 259), "llama", True))
    monkeypatch.setattr(scale, "MOST_ROWS", 2)
    out = tmp_path / "out.json"
    options = ["--random-shape", "tiny", "--model", str(tmp_path / "none"), "--device", "cpu", "--repeats", "1"]
    options += ["--most", "2", "--adapters", "1", "--rows", "1", "--length", "8", "--longest", "16"]
    monkeypatch.setattr(sys, "argv", ["scale.py", *options, "--dtype", "fp32", "--json", str(out)])
    scale.main()
    whole = json.loads(out.read_text())
    assert [(r["ladder"], r["adapters"], r["rows"], r["length"]) for r in whole["rows"]] == [
        ("adapters", 1, 1, 8), ("adapters", 2, 1, 8), ("rows", 1, 1, 8), ("rows", 1, 2, 8), ("length", 1, 1, 16),
    ]  # fmt: skip
    assert all(r["share_of_peak"] > 0 and r["peak_memory_mb"] > 0 for r in whole["rows"])
    assert capsys.readouterr().out.splitlines()[-1] == whole["knee"]
    monkeypatch.setattr(sys, "argv", ["scale.py", "--longest", "4096"])
    with pytest.raises(SystemExit):
        scale.main()
    assert "--length 48, --longest 4096: a row has from 2 to 2048 tokens" in capsys.readouterr().err
