"""A disk that takes no more: nothing is corrupt or half visible, and with room the run goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selfstudy.store.fail import STEPS
from tests.faults.conftest import Workers, worker_server
from tests.faults.test_kill import check_acknowledged, check_whole
from tests.faults.worker import EXIT_FULL, content
from tests.store.small import folder_in_memory

NAMESPACE = ["unshare", "--mount", "--user", "--map-root-user"]


@pytest.fixture(scope="module")
def unbroken(workers: Workers) -> dict[str, Any]:
    with folder_in_memory() as folder:
        assert workers.run("learn", home=folder / "home", log=folder / "log", size=20_000) == 0
        return content(folder / "home")


@pytest.fixture(scope="module")
def mounting() -> Iterator[Workers]:
    """Workers whose mounts nobody else sees, and which end with them."""
    try:
        subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system lets the tests mount no disk of their own")
    with worker_server(NAMESPACE) as started:
        yield started


@pytest.mark.parametrize("kilobytes", range(24, 320, 32))
def test_small_disks(mounting: Workers, unbroken: dict[str, Any], tmp_path: Path, kilobytes: int) -> None:
    disk, log, seen = tmp_path / "disk", tmp_path / "log", tmp_path / "seen"
    home = disk / "home"
    disk.mkdir()

    def look() -> dict[str, Any]:
        assert mounting.run("inspect", home=home, log=seen) == 0
        return json.loads(seen.read_text(encoding="utf-8").splitlines()[-1])

    assert mounting.run("mount", folder=disk, size=f"{kilobytes}k") == 0
    # Twice: the second time finds the disk full from the start.
    for _ in range(2):
        assert mounting.run("learn", home=home, log=log, size=20_000) == EXIT_FULL
    assert mounting.run("mount", folder=disk, size="16m", remount=True) == 0
    check_acknowledged(look(), log)
    assert mounting.run("learn", home=home, log=log, size=20_000) == 0
    check_whole(look(), json.loads(json.dumps(unbroken)), log, kills=2)


@pytest.mark.parametrize("max_file", [1_000, 10_000, 30_000, 60_000, 64_000])
def test_small_files(workers: Workers, unbroken: dict[str, Any], memory: Path, max_file: int) -> None:
    home, log = memory / "home", memory / "log"
    assert workers.run("learn", home=home, log=log, size=20_000, max_file=max_file) == EXIT_FULL
    check_acknowledged(content(home), log)
    assert workers.run("learn", home=home, log=log, size=20_000) == 0
    check_whole(content(home), unbroken, log, kills=1)


@pytest.mark.parametrize("action", ["enospc", "eio"])
@pytest.mark.parametrize("step", STEPS)
def test_full_at_each_step(workers: Workers, unbroken: dict[str, Any], memory: Path, step: str, action: str) -> None:
    home, log = memory / "home", memory / "log"
    assert workers.run("learn", f"{step}:3:{action}", home=home, log=log, size=20_000) == EXIT_FULL
    assert not list((home / "blobs").glob("tmp-*"))
    check_acknowledged(content(home), log)
    assert workers.run("learn", home=home, log=log, size=20_000) == 0
    check_whole(content(home), unbroken, log, kills=1)
