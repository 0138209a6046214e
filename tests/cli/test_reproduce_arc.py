"""`selfstudy reproduce arc` on a tiny model and a folder of invented puzzles."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from selfstudy.cli.options import UNFINISHED
from selfstudy.cli.reproduce_arc import reproduce_arc
from selfstudy.tasks.arc import presets
from tests.api import homes
from tests.cli.small_home import run
from tests.tasks.arc.test_experiment import PRESET


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    pytest.importorskip("llguidance")
    puzzles = tmp_path / "puzzles"
    puzzles.mkdir()
    for colour in (2, 4, 7, 8):
        pairs = [{"input": [[n, n + 1]], "output": [[colour, colour]]} for n in (1, 3, 5)]
        (puzzles / f"c{colour}.json").write_text(json.dumps({"train": pairs, "test": pairs[:1]}))
    smoke = replace(PRESET, name="smoke", num_learn=2, num_report=2)
    monkeypatch.setattr(presets, "PRESETS", {"smoke": smoke})
    model = homes.model_folder(tmp_path / "tiny")
    return [
        "--preset", "smoke", "--learn", puzzles, "--report", puzzles, "--model", model, "--home", tmp_path / "home",
        "--dtype", "float32",
    ]  # fmt: skip


def test_parts_go_on_to_one_document(arguments: list[object], tmp_path: Path) -> None:
    stopped = run(reproduce_arc, *arguments, "--minutes", "0")
    assert (stopped.code, stopped.out) == (UNFINISHED, "")
    assert "the same command goes on" in stopped.err
    whole = run(reproduce_arc, *arguments, "--json")
    assert whole.code == 0
    found = json.loads(whole.out)
    assert (found["learn"], found["report"]) == (["c2", "c7"], ["c4", "c8"])
    assert len(found["conditions"]) == 7
    assert len(found["gallery"]) == 2 * 7
    assert found["round"]["rule"] == "gain"
    again = run(reproduce_arc, *arguments, "--json")
    assert json.loads(again.out) == found
    page = tmp_path / "page.html"
    shown = run(reproduce_arc, *arguments, "--out", page)
    assert "gain after the round less before" in shown.out
    drawn = html.fromstring(page.read_text())
    assert [each.text for each in drawn.xpath("//h3")] == ["c4", "c8"]
    # An input, its right output and an answer under each condition, for each puzzle.
    assert len(drawn.xpath("//figure")) == 2 * (2 + 7)
    assert "://" not in page.read_text()
    assert not drawn.xpath("//script")
