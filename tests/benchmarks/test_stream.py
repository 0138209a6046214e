"""The matrix of a stream of document sets, and its scores against figures worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.stream import matrix_scores, run, table

from tests.api import homes


def test_scores_of_a_matrix() -> None:
    accuracy = [[0.0, 0.1, 0.2], [0.6, 0.1, 0.2], [0.8, 0.5, 0.2], [0.5, 0.4, 0.9]]
    found = matrix_scores(accuracy)
    assert found["acc"] == pytest.approx((0.5 + 0.4 + 0.9) / 3)
    assert found["backward_transfer"] == pytest.approx(((0.5 - 0.6) + (0.4 - 0.5)) / 2)
    assert found["forgetting"] == pytest.approx(((0.8 - 0.5) + (0.5 - 0.4)) / 2)


def test_one_set_has_nothing_to_forget() -> None:
    assert matrix_scores([[0.0], [0.5]]) == {"acc": 0.5}


def test_sets_are_learned_on_top_of_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes.small_job(monkeypatch)
    folders = []
    for name, text in (("ferry", homes.FERRY), ("bakery", homes.BAKERY)):
        folder = tmp_path / name
        folder.mkdir()
        homes.documents(folder / "docs", **{name: text})
        (folder / "quiz.jsonl").write_text(homes.QUIZ.replace("ferry.md", f"{name}.md"))
        folders.append(folder)
    study = homes.study(tmp_path / "home", homes.model_folder(tmp_path / "model"))
    before, rows = run(study, folders)
    assert [row.name for row in rows] == ["ferry", "bakery"]
    versions = study.history().versions
    assert [(len(v.documents), v.parent) for v in versions] == [(1, None), (2, "v1")]
    assert before == (0, 0)
    assert all(len(row.right) == 2 for row in rows)
    assert table(rows, before, [1, 1]).splitlines()[2:4] == ["nothing 0 0", _line(rows[0])]


def _line(row: object) -> str:
    return table([row], (0, 0), [1, 1]).splitlines()[3]  # type: ignore[list-item]
