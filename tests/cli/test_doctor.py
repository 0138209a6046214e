"""What `selfstudy doctor` finds: nothing where all is well, else a line for each thing with its remedy."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import threading
import time
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import torch

from selfstudy.api import checkup, packages
from selfstudy.cli.doctor import doctor
from selfstudy.models import compute, machine
from selfstudy.models.cached import STAMP, converted
from selfstudy.models.catalogue import CATALOGUE
from selfstudy.models.machine import Memory
from selfstudy.store.open import open_store
from tests.cli import small_home
from tests.cli.small_home import run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_home.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own, and a machine that is quick to measure."""
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(compute, "expected_seconds", lambda *, kernels: compute.Expected(254.7, 12.4))
    monkeypatch.setattr(checkup, "memory", lambda: Memory(8_000_000_000, 5_000_000_000))
    monkeypatch.setattr(checkup, "free_disk", lambda folder: 9_000_000_000)
    return tmp_path / "cache"


def _problems(home: Path) -> list[str]:
    """What it says is wrong; the exit code must agree, and so must the other form."""
    done = run(doctor, "--home", home)
    lines = [line.removeprefix("problem").strip() for line in done.out.splitlines() if line.startswith("problem ")]
    assert done.code == (1 if lines else 0)
    assert ("all well" in done.out) == (not lines)
    form = run(doctor, "--home", home, "--json")
    assert form.code == done.code
    assert json.loads(form.out)["problems"] == lines
    return lines


def test_all_is_well_before_anything_was_learned(tmp_path: Path) -> None:
    assert _problems(tmp_path / "home") == []
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    done = run(doctor, "--home", tmp_path / "home")
    assert done.code == 0
    assert list((tmp_path / "home").iterdir()) == []
    lines = done.out.splitlines()
    assert f"home       {tmp_path / 'home'}: nothing was learned there yet" in lines
    assert "memory     8.0 GB, 5.0 of them free" in lines
    assert any(line.startswith("model      smollm2-135m: not in the cache, fits into memory (up to ") for line in lines)
    assert any(
        line.startswith("learning   about 250 s for three short documents with the default model, 12 s a trial")
        for line in lines
    )
    assert re.search(rf"^torch      {re.escape(torch.__version__)}, transformers 5\.", done.out, re.MULTILINE)


def test_a_home_that_is_whole(tmp_path: Path, model: Path) -> None:
    version = small_home.make(tmp_path, model)
    assert _problems(tmp_path) == []
    home = json.loads(run(doctor, "--home", tmp_path, "--json").out)["home"]
    assert home == {
        "folder": str(tmp_path), "versions": 1, "current": version.name, "files": 2, "whole": 2, "learning_now": None,
        "unfinished": [],
    }  # fmt: skip


@pytest.mark.parametrize("which", ["adapter", "router"])
def test_damaged_files_of_versions(tmp_path: Path, model: Path, which: str) -> None:
    version = small_home.make(tmp_path, model)
    file = tmp_path / "blobs" / getattr(version, which)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    (line,) = _problems(tmp_path)
    assert line.startswith(f"v1 cannot answer: {file} is damaged (")
    assert line.endswith("); put it back from a copy of the store, or learn the documents again in another --home")
    file.unlink()
    (line,) = _problems(tmp_path)
    assert line.startswith(f"v1 cannot answer: {file} is missing; put it back")
    assert json.loads(run(doctor, "--home", tmp_path, "--json").out)["home"]["whole"] == 1


def test_a_damaged_database(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model)
    file = tmp_path / "selfstudy.db"
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"?" * 4096
    file.write_bytes(content)
    (line,) = _problems(tmp_path)
    assert line.startswith(f"{file} is damaged")
    assert line.endswith("put it back from a copy, or choose another --home")


def test_damage_that_nothing_has_stumbled_over_yet(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model)
    file = tmp_path / "selfstudy.db"
    with closing(sqlite3.connect(file)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'run_unfinished'").fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"?" * size
    file.write_bytes(content)
    (line,) = _problems(tmp_path)
    assert line.startswith(f"{file} is damaged (")


@pytest.mark.parametrize("there", ["a file", "a folder of something else"])
def test_what_is_no_home(tmp_path: Path, there: str) -> None:
    home = tmp_path / "home"
    if there == "a file":
        home.touch()
    else:
        home.mkdir()
        (home / "notes.txt").touch()
    (line,) = _problems(home)
    assert line == (
        f"{home} is no folder; choose another --home"
        if there == "a file"
        else f"{home} holds no store; choose an empty or a new folder as --home"
    )


def test_the_base_of_the_current_version(tmp_path: Path) -> None:
    base = small_home.model_folder(tmp_path / "base")
    small_home.make(tmp_path / "home", base)
    base.rename(tmp_path / "moved")
    (line,) = _problems(tmp_path / "home")
    assert line == f"v1 was trained on {base}, which is gone: put it back, or say with --model where it is"
    small_home.model_folder(base, seed=6)
    (line,) = _problems(tmp_path / "home")
    assert re.fullmatch(
        rf"v1 was trained on {re.escape(str(base))} \(base [0-9a-f]{{12}}\), and {re.escape(str(base))} holds other "
        r"weights \(base [0-9a-f]{12}\); put the old ones back, or learn the documents again in another --home",
        line,
    )
    (base / "model.safetensors").write_bytes(b"short")
    (line,) = _problems(tmp_path / "home")
    assert line.startswith(f"{base / 'model.safetensors'}: the file is cut short or damaged")


def test_a_catalogue_model_that_is_not_in_the_cache_is_fetched_and_no_problem(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model, model="smollm2-135m")
    assert _problems(tmp_path) == []


def test_a_run_that_stopped_is_named_and_is_no_problem(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model)
    with open_store(tmp_path) as store, store.lock():
        begun = store.runs.begin("learn", {"documents": {"a.md": "1", "b.md": "2"}}, {})
    done = run(doctor, "--home", tmp_path)
    assert done.code == 0
    expected = f"home       unfinished: learn a.md, b.md, begun {begun.started}: the same command goes on with it"
    assert expected in done.out.splitlines()


def test_who_is_learning_now(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model)
    with open_store(tmp_path) as store, store.lock():
        store.runs.begin("learn", {"documents": {"a.md": "1"}}, {})
        done = run(doctor, "--home", tmp_path)
        form = json.loads(run(doctor, "--home", tmp_path, "--json").out)["home"]
    assert done.code == 0
    assert re.search(r"^home       process \d+ on \S+, since \S+, is learning there$", done.out, re.MULTILINE)
    assert form["learning_now"]
    assert form["unfinished"] == []  # it is being worked on


def test_a_lock_that_is_held_for_a_moment_is_nobody_learning(tmp_path: Path, model: Path) -> None:
    small_home.make(tmp_path, model)
    held = threading.Event()

    def tidy() -> None:
        with open_store(tmp_path) as store, store.lock():
            held.set()
            time.sleep(0.1)

    other = threading.Thread(target=tidy)
    other.start()
    held.wait()
    done = run(doctor, "--home", tmp_path)
    other.join()
    assert "is learning" not in done.out


def test_too_little_memory_and_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(checkup, "memory", lambda: Memory(2_000_000_000, None))
    monkeypatch.setattr(checkup, "free_disk", lambda folder: 400_000_000 if folder == cache else 2_000_000_000)
    needed = f"{4.6 if compute.compute().bfloat16 else 6.9}"
    assert _problems(tmp_path / "home") == [
        f"learning with smollm2-135m, the default model, takes up to {needed} GB of memory, and there are 2.0: use a "
        "machine with more, or name a smaller model with --model",
        f"only 400 MB are free for the cache at {cache}, and 1000 should be; make room there",
    ]
    assert "does not fit into memory" in run(doctor, "--home", tmp_path / "home").out


def test_packages_that_are_missing_or_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["nothere>=2", "rich>=999,<1000", "notthere; extra == 'dev'", "numpy"]
    monkeypatch.setattr(packages, "requires", lambda _: asked)
    rich = packages.installed("rich")
    assert _problems(tmp_path / "home") == [
        "nothere is not installed: pip install 'nothere>=2'",
        f"rich {rich} is installed, and selfstudy needs <1000,>=999: pip install 'rich<1000,>=999'",
    ]


def test_a_torch_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "torch":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(packages, "version", version)
    monkeypatch.setattr(packages, "requires", lambda _: ["torch>=2.10"])
    monkeypatch.setitem(sys.modules, "selfstudy.models.compute", None)  # importing it fails
    assert _problems(tmp_path / "home") == ["torch is not installed: pip install 'torch>=2.10'"]
    form = json.loads(run(doctor, "--home", tmp_path / "home", "--json").out)
    assert (form["torch"], form["dtype"], form["trial_seconds_estimate"]) == (None, None, None)


def test_a_torch_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selfstudy.models.compute", None)
    (line,) = _problems(tmp_path / "home")
    assert line.startswith("torch cannot be imported (")
    assert line.endswith("): pip install --force-reinstall torch")


def test_a_device_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFSTUDY_DEVICE", "warp")
    assert _problems(tmp_path / "home") == ["device 'warp' is unknown; use cpu, cuda or cuda:0"]


def test_a_damaged_model_in_the_cache(tmp_path: Path, cache: Path) -> None:
    entry = CATALOGUE[0]
    folder = converted(cache / entry.file, cache, entry.sha256)
    small_home.model_folder(folder)
    (folder / STAMP).write_text("{}")
    assert _problems(tmp_path / "home") == []
    (folder / "model.safetensors").write_bytes(b"short")
    (line,) = _problems(tmp_path / "home")
    assert line.startswith(
        f"smollm2-135m in the cache is damaged ({folder / 'model.safetensors'}: the file is cut short"
    )
    assert line.endswith(f": remove {folder}, and it is made again when needed")


def test_memory_is_the_containers_where_that_is_less(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:    2000 kB\n")
    whole = machine.memory(meminfo, tmp_path / "none")
    assert whole.available == 2000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory(meminfo, tmp_path) == whole
    (tmp_path / "memory.max").write_text("1000000\n")
    assert machine.memory(meminfo, tmp_path) == Memory(1_000_000, 1_000_000)
    assert machine.memory(tmp_path / "none", tmp_path / "none") == Memory(whole.total, None)


def test_room_is_counted_where_a_folder_would_be_made(tmp_path: Path) -> None:
    assert machine.free_disk(tmp_path / "a" / "b") == pytest.approx(machine.free_disk(tmp_path), rel=0.01)


def test_the_rate_is_of_products_of_known_size(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = time.perf_counter()
    rate = compute.matrix_rate(torch.float32, seconds=0.2)
    assert time.perf_counter() - begin < 2
    once = torch.randn(240, 576)
    weight = torch.randn(1536, 576)
    begin = time.perf_counter()
    for _ in range(3):
        once @ weight.T @ weight
    taken = (time.perf_counter() - begin) / 3
    assert 0.2 < rate * taken / (2 * 240 * 576 * 1536 * 2) < 50  # the same within what a busy machine blurs


def test_half_the_rate_is_twice_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def at(rate: float, *, kernels: bool = True) -> compute.Expected:
        monkeypatch.setattr(compute, "matrix_rate", lambda dtype, **_: rate)
        return compute.expected_seconds(kernels=kernels)

    assert at(373e9).learning == pytest.approx(212)
    assert at(373e9 / 2).learning == pytest.approx(424)
    assert at(373e9 / 2).trial == pytest.approx(17.4)
    assert at(373e9, kernels=False).learning > at(373e9).learning
    assert at(373e9 * 4).learning == pytest.approx(212)  # a matrix unit makes products alone quicker
