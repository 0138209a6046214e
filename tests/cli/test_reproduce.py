"""The commands: mistakes are told at once and together, before a model is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from selfstudy.cli.compare import compare


def _run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "selfstudy", *words], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_settings_preset_and_data_are_refused_together(tmp_path: Path) -> None:
    (tmp_path / "selfstudy.toml").write_text("sed = 1\n")
    (tmp_path / "p.toml").write_text('paper = "v1"\nseeds = 0\n')
    done = _run("reproduce", "squad", "--preset", "p.toml", "--data", "nowhere", "--model", "not-there", cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith("selfstudy: selfstudy.toml: sed: there is no such setting")
    assert lines[1].startswith("p.toml:2: seeds 0: input should be greater")
    assert [line.split()[0] for line in lines[2:]] == ["nowhere/train.json", "nowhere/eval_200.json"]
    assert "loading" not in done.stderr


def test_names_of_rows_are_printed_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("selfstudy.api.compare.compare", lambda home, first, second: ())
    compare("abc:notes:big+distil", "abc:notes:big")
    assert "abc:notes:big+distil less abc:notes:big" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    done = _run("compare", "abc", "def", "--home", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("selfstudy: run 'abc': 0 runs of")
