"""`selfstudy reproduce arc` on a tiny model and a folder of invented puzzles."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from selfstudy.cli.options import UNFINISHED
from selfstudy.cli.reproduce_arc import reproduce_arc
from selfstudy.store.open import open_store
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
    folder = Path(found.pop("folder"))
    assert folder == tmp_path / "home" / "runs" / found["run"]
    assert Path(found.pop("page")) == folder / "report.html"
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["seed"], settings["learn"], settings["preset.adapting"]["budget"]) == (0, ["c2", "c7"], 3000)
    assert len(settings["code"]) == 16
    assert settings["base"] in found["settings"].values()
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["fixed plan"] * 2 + ["condition"] * 6 + [
        "round", "condition", "findings",
    ]  # fmt: skip
    named = {event["name"]: event for event in events if event["event"] == "condition"}
    assert named["basic"]["gain"] == found["conditions"]["basic"]["gain"]
    again = json.loads(run(reproduce_arc, *arguments, "--json").out)
    assert again.pop("folder") != str(folder)
    assert again.pop("run") != found.pop("run")
    del again["page"]
    assert again == found  # the time a plan took is that of the work on record
    with open_store(tmp_path / "home") as store:
        assert [of.state for of in store.runs.all()] == ["done", "done"]
    page = tmp_path / "page.html"
    shown = run(reproduce_arc, *arguments, "--out", page)
    assert "gain after the round less before" in shown.out
    drawn = html.fromstring(page.read_text())
    assert [each.text for each in drawn.xpath("//h3")] == ["c4", "c8"]
    # An input, its right output and an answer under each condition, for each puzzle.
    assert len(drawn.xpath("//figure")) == 2 * (2 + 7)
    assert "://" not in page.read_text()
    assert not drawn.xpath("//script")


def test_too_few_puzzles_are_refused_before_any_work(arguments: list[object], tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "c2.json").write_text((tmp_path / "puzzles" / "c2.json").read_text())
    arguments[arguments.index("--report") + 1] = tmp_path / "one"
    with pytest.raises(ValueError, match="--report: 1 puzzles with known answers; intervals take at least 2"):
        run(reproduce_arc, *arguments)
    assert not (tmp_path / "home").exists()
