"""Processes to kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.store.small import folder_in_memory

ROOT = Path(__file__).parents[2]


class Workers:
    """Starts and awaits processes of tests.faults.worker."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self.server = server

    def start(self, job: str, fail: str | None = None, **arguments: Any) -> int:
        environment = {} if fail is None else {"SELFSTUDY_FAIL": fail}
        return self._ask({"job": job, "environment": environment, "arguments": arguments})

    def wait(self, pid: int) -> int:
        """The exit code; negative for the signal that ended it."""
        return self._ask({"wait": pid})

    def kill(self, pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def run(self, job: str, fail: str | None = None, **arguments: Any) -> int:
        return self.wait(self.start(job, fail, **arguments))

    def _ask(self, order: dict[str, Any]) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(order, default=str) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())


@contextmanager
def worker_server(prefix: Sequence[str] = ()) -> Iterator[Workers]:
    command = [*prefix, sys.executable, "-m", "tests.faults.worker"]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            yield Workers(server)
        finally:
            assert server.stdin is not None
            server.stdin.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    """For tests where processes die but the disk does not matter."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    with worker_server() as started:
        yield started
