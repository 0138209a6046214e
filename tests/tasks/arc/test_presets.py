"""The experiment's sizes, and which puzzles they take."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from selfstudy.tasks.arc.presets import PRESETS, Preset, puzzles_of


def _folder(folder: Path, num: int) -> str:
    """Puzzles p0, p1, ... each larger than the one before, and one whose answer is not known."""
    folder.mkdir()
    for n in range(num):
        pair = {"input": [[1] * (num - n)], "output": [[2]]}
        (folder / f"p{num - 1 - n}.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    (folder / "open.json").write_text(json.dumps({"train": [pair], "test": [{"input": [[1]]}]}))
    return str(folder)


def test_one_source_alternates_by_size(tmp_path: Path) -> None:
    source = _folder(tmp_path / "a", 9)
    preset = Preset("made", source, source, num_learn=3, num_report=3)
    learn, report = puzzles_of(preset)
    assert [p.id for p in learn] == ["p0", "p2", "p4"]
    assert [p.id for p in report] == ["p1", "p3", "p5"]
    learn, report = puzzles_of(replace(preset, num_learn=2, num_report=4))
    assert [p.id for p in learn] == ["p0", "p2"]
    assert [p.id for p in report] == ["p1", "p3", "p4", "p5"]


def test_two_sources_give_their_smallest(tmp_path: Path) -> None:
    first, second = _folder(tmp_path / "a", 5), _folder(tmp_path / "b", 4)
    learn, report = puzzles_of(Preset("made", first, second, num_learn=2, num_report=None))
    assert [p.id for p in learn] == ["p0", "p1"]
    assert [p.id for p in report] == ["p0", "p1", "p2", "p3"]


def test_presets_grow() -> None:
    smoke, small, full = (PRESETS[name] for name in ("smoke", "small", "full"))
    assert small.num_learn == small.num_report == 16
    assert (full.report_source, full.num_report, full.minutes) == ("evaluation", None, 8.0)
    assert smoke.adapting.budget < small.adapting.budget < full.adapting.budget
    with pytest.raises(ValueError, match="there is no fixed plan 'odd'"):
        Preset("made", arms=("odd",))
