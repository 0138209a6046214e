"""A learning job on a tiny model, killed at random moments and at each step of the commit protocol: it goes on."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from selfstudy.api.records import history, notes
from selfstudy.domain.version import Version
from selfstudy.store.fail import STEPS, VARIABLE
from selfstudy.store.open import open_store
from tests.api import homes

KILLS = 20
# Forked, so that torch is imported and the model's file is in memory once; with one thread there is nothing to break.
PROCESSES = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return homes.model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    homes.small_job(monkeypatch)
    monkeypatch.setenv("SELFSTUDY_CACHE", str(tmp_path / "cache"))
    return homes.documents(tmp_path / "docs", ferry=homes.FERRY)


def _learn(home: Path, model: Path, docs: Path, fail: str) -> None:
    os.environ[VARIABLE] = fail
    homes.study(home, model).learn([docs])


def _start(home: Path, model: Path, docs: Path, fail: str = "") -> multiprocessing.process.BaseProcess:
    process = PROCESSES.Process(target=_learn, args=(home, model, docs, fail))
    process.start()
    return process


def _units(home: Path) -> set[tuple[str, str]]:
    """Everything that is acknowledged: recorded, and with its blob whole."""
    if not (home / "selfstudy.db").exists():
        return set()
    with open_store(home) as store:
        found = set()
        for kind in ("quiz", "self_edits", "base", "cohort", "notes", "adapter", "router", "base_answers"):
            for unit in store.journal.units(kind):
                found.add((kind, unit.key))
                if unit.blob:
                    store.blobs.get(unit.blob)
        return found


def _result(home: Path) -> tuple[object, ...]:
    (version,) = history(home).versions
    assert isinstance(version, Version)
    return version.adapter, version.router, version.scores, version.answered, version.train_tokens, notes(home)


def test_twenty_kills_at_random_moments(tmp_path: Path, model: Path, docs: Path) -> None:
    begin = time.perf_counter()
    unbroken = _start(tmp_path / "whole", model, docs)
    unbroken.join()
    seconds = time.perf_counter() - begin
    assert unbroken.exitcode == 0
    expected = _result(tmp_path / "whole")
    generator, kills, home, number = random.Random(3), 0, tmp_path / "home0", 0
    known: set[tuple[str, str]] = set()
    while kills < KILLS:
        process = _start(home, model, docs)
        process.join(generator.uniform(0.02, 0.6) * seconds)
        if process.exitcode is None:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills += 1
        else:
            assert process.exitcode == 0
        now = _units(home)
        assert known <= now
        known = now
        if process.exitcode == 0:
            assert _result(home) == expected
            number, known = number + 1, set()
            home = tmp_path / f"home{number}"
    last = _start(home, model, docs)
    last.join()
    assert last.exitcode == 0
    assert _result(home) == expected


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_each_step_of_a_commit(tmp_path: Path, model: Path, docs: Path, step: str) -> None:
    whole, home = tmp_path / "whole", tmp_path / "home"
    unbroken = _start(whole, model, docs)
    unbroken.join()
    for nth in (1, 2):
        killed = _start(home, model, docs, f"{step}:{nth}:kill")
        killed.join()
        assert killed.exitcode == -signal.SIGKILL
    went_on = _start(home, model, docs)
    went_on.join()
    assert went_on.exitcode == 0
    assert _result(home) == _result(whole)
