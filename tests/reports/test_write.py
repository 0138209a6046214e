"""A page is written as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from selfstudy.reports.write import write_report


def test_writes_and_replaces(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "report.html"
    write_report("old", file)
    write_report("ü ✓", file)
    assert file.read_text(encoding="utf-8") == "ü ✓"
    assert [f.name for f in file.parent.iterdir()] == ["report.html"]


def test_a_failure_leaves_the_old_page_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.html"
    write_report("old", file)

    def full_disk(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_report("new", file)
    assert file.read_text(encoding="utf-8") == "old"
    assert [f.name for f in tmp_path.iterdir()] == ["report.html"]


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    plain, page = tmp_path / "plain", tmp_path / "page.html"
    plain.write_text("")
    write_report("x", page)
    assert page.stat().st_mode == plain.stat().st_mode


def test_half_a_surrogate_pair_does_not_stop_it(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write_report("a\ud800b", file)
    assert file.read_text(encoding="utf-8") == "a?b"
