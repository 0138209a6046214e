"""Processes that work on a store and may be killed at any time.

`python -m tests.faults.worker` imports everything once and then forks a process for each order it reads, so that a
start takes milliseconds. Orders are JSON lines, answers are numbers: {"job": its name, "environment": {...},
"arguments": {...}} gives the process id, {"wait": id} its exit code, negative for a signal.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selfstudy.domain.trial import Outcome
from selfstudy.domain.version import GateResult, Score, Scores, Version
from selfstudy.store.errors import StoreFull
from selfstudy.store.open import open_store
from selfstudy.store.store import Store

EXIT_FULL = 75


class Log:
    """Lines of a file, each written at once: what is in it was said, whatever happens to the process."""

    def __init__(self, file: str) -> None:
        self.handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, *words: object) -> None:
        os.write(self.handle, (" ".join(map(str, words)) + "\n").encode())


def outcome_of(unit: int, salt: str) -> Outcome:
    generator = random.Random(f"{unit} {salt}")
    return Outcome(tuple(generator.gauss(0, 1) for _ in range(8)), trained_tokens=generator.randrange(999), steps=unit)


def adapter_of(unit: int, salt: str, size: int) -> bytes:
    return random.Random(f"{unit} {salt}").randbytes(size)


def work(store: Store, log: Log, run: Any, units: int, size: int, pause: float, salt: str) -> None:
    """Every other unit is a blob. The log has a line before each is made and one after each was returned."""
    journal = store.journal if run is None else store.journal_for(run)
    for unit in range(units):

        def making(unit: int = unit) -> int:
            log.say("made", unit)
            time.sleep(pause)
            return unit

        if unit % 2:
            text = repr(journal.once("outcome", f"k{unit}", Outcome, lambda m=making: outcome_of(m(), salt)))
            log.say("done", unit, hashlib.sha256(text.encode()).hexdigest())
        else:
            data = journal.once_bytes("adapter", f"k{unit}", lambda m=making: adapter_of(m(), salt, size))
            log.say("done", unit, hashlib.sha256(data).hexdigest())


def learn(home: str, log: str, units: int = 24, size: int = 2000, pause: float = 0.0, max_file: int = 0) -> None:
    """A run as a learning command does it: lock, begin, units, version, end."""
    if max_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file, max_file))
    said = Log(log)
    with open_store(Path(home)) as store, store.lock():
        if any(run.state == "published" for run in store.runs.all()):
            # Killed when all was done but the saying: there is nothing left to learn.
            return
        run = store.runs.begin("learn", {"units": units}, {"size": size})
        if run.version is None:
            work(store, said, run, units, size, pause, salt="")
            adapter = store.blobs.put(adapter_of(0, "", size))
            version = Version(
                name="", parent=None, base="b", model="m", adapter=adapter, router=store.blobs.put(b"router"),
                run=run.id, documents=(), scores=Scores("self", *[Score(1, 1)] * 5),
                gate=GateResult(True),
            )  # fmt: skip
            said.say("version", store.versions.add(version, None).name)
        store.runs.finish(run, "published")
        said.say("finished")


def race(home: str, log: str, units: int = 24, size: int = 2000, pause: float = 0.0) -> None:
    """The same units in several processes without a lock, where each process would come to another result."""
    with open_store(Path(home)) as store:
        work(store, Log(log), None, units, size, pause, salt=str(os.getpid()))


def open_often(home: str, times: int) -> None:
    for _ in range(times):
        open_store(Path(home)).close()


def hold(home: str, log: str) -> None:
    """Learn for ever."""
    with open_store(Path(home)) as store, store.lock():
        Log(log).say("held")
        time.sleep(600)


def mount(folder: str, size: str, remount: bool = False) -> None:
    """A disk of its own for `folder`, or another size for it."""
    options = f"size={size}" + (",remount" if remount else "")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)


def inspect(home: str, log: str) -> None:
    """Write what `content` finds, for a store that only this process sees."""
    Log(log).say(json.dumps(content(Path(home))))


def content(home: Path) -> dict[str, Any]:
    """All that a store holds and means, with every blob read and SQLite's own checks made."""
    with open_store(home) as store:
        with store.database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        outcomes = {u.key: repr(u.read(Outcome)) for u in store.journal.units("outcome")}
        adapters = {u.key: store.blobs.get(u.blob or "") for u in store.journal.units("adapter")}
        for version in store.versions.all():
            store.blobs.get(version.adapter), store.blobs.get(version.router)
        found = {key: hashlib.sha256(text.encode()).hexdigest() for key, text in outcomes.items()}
        found |= {key: hashlib.sha256(data).hexdigest() for key, data in adapters.items()}
        now = store.versions.current()
        return {
            "units": found,
            "versions": [(v.name, v.parent, v.adapter, v.router) for v in store.versions.all()],
            "current": now and now.name,
            "runs": [(r.state, r.version) for r in store.runs.all()],
            "files": len(list((home / "blobs").iterdir())),
        }


JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job for job in (learn, race, open_often, hold, mount, inspect)
}  # fmt: skip


def run_job(order: dict[str, Any]) -> int:
    os.environ.update(order["environment"])
    try:
        JOBS[order["job"]](**order["arguments"])
    except StoreFull:
        return EXIT_FULL
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # What the first store imports late is there for all then.
        learn(f"{folder}/home", f"{folder}/log", units=2)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif (answer := os.fork()) == 0:
            os._exit(run_job(order))
        print(answer, flush=True)


if __name__ == "__main__":
    main()
