"""SIGKILL at any moment: what was acknowledged stays, and the run ends as an unbroken one."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from selfstudy.store.fail import STEPS
from tests.faults.conftest import Workers
from tests.faults.worker import content
from tests.store.small import folder_in_memory

NUM_KILLS = 60


def words(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def check_acknowledged(found: dict[str, Any], log: Path) -> None:
    """Everything that was said to be done is in the store, as it was said."""
    for what, *rest in words(log):
        if what == "done":
            assert found["units"][f"k{rest[0]}"] == rest[1]
        elif what == "version":
            assert [v[0] for v in found["versions"]] == rest
            assert found["current"] == rest[0]


def check_whole(found: dict[str, Any], unbroken: dict[str, Any], log: Path, kills: int) -> None:
    check_acknowledged(found, log)
    assert found == unbroken
    num_made = sum(what == "made" for what, *_ in words(log))
    assert num_made - len(unbroken["units"]) <= kills


@pytest.fixture(scope="module")
def eight(workers: Workers) -> dict[str, Any]:
    """What an unbroken run of eight units leaves."""
    with folder_in_memory() as folder:
        assert workers.run("learn", home=folder / "home", log=folder / "log", units=8) == 0
        return content(folder / "home")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("nth", [1, 4])
def test_killed_at_each_step(workers: Workers, eight: dict[str, Any], memory: Path, step: str, nth: int) -> None:
    home, log = memory / "home", memory / "log"
    assert workers.run("learn", f"{step}:{nth}:kill", home=home, log=log, units=8) == -9
    check_acknowledged(content(home), log)
    assert workers.run("learn", home=home, log=log, units=8) == 0
    check_whole(content(home), eight, log, kills=1)


# Transactions: the schema, the run, two units, the version, the end of the run.
@pytest.mark.parametrize(
    ("fail", "left"),
    [
        ("transaction-commit:5", ("running", None)),
        ("after-commit:5", ("running", "v1")),
        ("transaction-commit:6", ("running", "v1")),
        ("after-commit:6", ("published", "v1")),
    ],
)
def test_killed_at_the_end_of_a_run_makes_no_second_version(
    workers: Workers, memory: Path, fail: str, left: tuple[str, str | None]
) -> None:
    home, log = memory / "home", memory / "log"
    assert workers.run("learn", f"{fail}:kill", home=home, log=log, units=2) == -9
    assert content(home)["runs"] == [left]
    assert workers.run("learn", home=home, log=log, units=2) == 0
    found = content(home)
    assert found["runs"] == [("published", "v1")]
    assert [version[0] for version in found["versions"]] == ["v1"]


def test_killed_at_random(workers: Workers, tmp_path: Path) -> None:
    arguments = {"pause": 0.002}
    assert workers.run("learn", home=tmp_path / "unbroken", log=tmp_path / "log", **arguments) == 0
    unbroken = content(tmp_path / "unbroken")
    assert len(unbroken["units"]) == 24
    generator = random.Random(0)
    kills = homes = 0
    while kills < NUM_KILLS:
        home, log = tmp_path / f"home{homes}", tmp_path / f"log{homes}"
        homes += 1
        kills_here = 0
        while True:
            pid = workers.start("learn", home=home, log=log, **arguments)
            time.sleep(generator.uniform(0, 0.25))
            code = workers.kill(pid)
            check_acknowledged(content(home), log)
            if code == 0:
                break
            assert code == -9
            kills_here += 1
        check_whole(content(home), unbroken, log, kills_here)
        kills += kills_here
