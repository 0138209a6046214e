"""Several processes on one store."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from selfstudy.store.open import open_store
from tests.faults.conftest import Workers
from tests.faults.test_kill import words
from tests.faults.worker import content


def test_processes_that_do_the_same_units_get_the_same_results(workers: Workers, tmp_path: Path) -> None:
    home, logs = tmp_path / "home", [tmp_path / f"log{n}" for n in range(3)]
    started = [workers.start("race", home=home, log=log) for log in logs]
    # Meanwhile another process opens the store and sweeps it.
    started.append(workers.start("open_often", home=home, times=40))
    assert [workers.wait(pid) for pid in started] == [0, 0, 0, 0]
    results = [[line for line in words(log) if line[0] == "done"] for log in logs]
    assert len(results[0]) == 24
    assert results[0] == results[1] == results[2]
    assert content(home)["units"] == {f"k{unit}": sha for _, unit, sha in results[0]}
    assert content(home)["files"] == 12


def test_the_second_job_is_refused_at_once_and_a_dead_one_s_lock_is_free(workers: Workers, tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    pid = workers.start("hold", home=home, log=log)
    while not words(log):
        time.sleep(0.01)
    with open_store(home) as store:
        began = time.perf_counter()
        with pytest.raises(ValueError, match=f"process {pid} on .* is learning here"), store.lock():
            pass
        assert time.perf_counter() - began < 1
        assert workers.kill(pid) == -9
        with store.lock():
            pass
