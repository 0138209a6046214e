"""The benchmark of agreement, whole, on a tiny model in exact enough arithmetic."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import agreement
from selfstudy.engine.contract import Generation
from selfstudy.engine.engine import Engine
from selfstudy.models.tiny import tiny_model


def test_an_end_is_a_place() -> None:
    one = [Generation((1, 2, 3), False, 0.0), Generation((4,), True, 0.0)]
    other = [Generation((1, 5, 3), False, 0.0), Generation((4,), True, -1.0)]
    assert agreement.same_places(one, one) == (1.0, 1.0)
    assert agreement.same_places(one, other) == (4 / 5, 1 / 2)
    assert agreement.same_places(one[1:], [Generation((4, 4), False, 0.0)]) == (1 / 2, 0.0)


def test_the_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def open_with_tokenizer(args: Any, slots: int) -> tuple[Engine, Any]:
        loaded = tiny_model(5)
        return Engine(loaded.model, loaded.identity, slots=slots), loaded.chat

    monkeypatch.setattr(agreement, "open_with_tokenizer", open_with_tokenizer)
    monkeypatch.setattr(agreement, "NEW_TOKENS", 4)
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["agreement.py", "--steps", "2", "--most", "10", "--json", str(out)])
    agreement.main()
    found = json.loads(out.read_text())
    assert (found["questions"], found["dtype"]) == (10, "float32")
    assert [row["way"] for row in found["rows"]] == ["8 at once", "all at once", "all, beside 3 adapters"]
    assert all(row["places"] == row["answers"] == 1.0 for row in found["rows"])
    assert "10 questions; against one by one" in capsys.readouterr().out
