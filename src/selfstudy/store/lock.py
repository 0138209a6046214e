"""One learning job at a time in a home."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from selfstudy.store.database import now
from selfstudy.store.errors import named_failures

LOCK = "learn.lock"
HOLDER = "learn.holder"

# Longer than another process needs to tidy the store up at opening, which takes the same lock.
_PATIENCE_SECONDS = 0.25


@contextmanager
def learning_lock(folder: Path) -> Iterator[None]:
    """Hold the home in `folder` for one learning job; the kernel gives it back if this process dies.

    Raises:
        ValueError: another job holds it; names the folder, and the holder's process, host and start.
        StoreFull: there was no room to write down who holds it.
    """
    guard = FileLock(folder / LOCK)
    with named_failures(folder):
        try:
            guard.acquire(timeout=_PATIENCE_SECONDS, poll_interval=0.02)
        except Timeout as error:
            raise ValueError(
                f"{folder}: {_holder(folder)} is learning here; wait until it is done, or choose another --home"
            ) from error
    try:
        with named_failures(folder):
            who = {"pid": os.getpid(), "host": socket.gethostname(), "since": now()}
            (folder / HOLDER).write_text(json.dumps(who), encoding="utf-8")
        yield
    finally:
        guard.release()


@contextmanager
def lock_if_free(folder: Path) -> Iterator[bool]:
    """The same lock for a moment, without waiting and without a name: False if another holds it."""
    guard = FileLock(folder / LOCK)
    try:
        guard.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        guard.release()


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']} (since {who['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        # It is just writing its name down, or has no room to.
        return "another process"
