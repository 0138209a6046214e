"""What is counted as memory: a process with its children, each page once."""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from benchmarks.memory import peak_memory

from benchmarks import memory, memory_watch
from selfstudy.engine.lanes import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="lanes, and what they take, are Linux's")

CPU = torch.device("cpu")
MB = 10**6


def _written(num_bytes: int) -> mmap.mmap:
    """Memory that is there, shared with processes that are forked later."""
    held = mmap.mmap(-1, num_bytes)
    held.write(b"x" * num_bytes)
    return held


@contextmanager
def _child(shared: mmap.mmap, own: int) -> Iterator[int]:
    """A forked process that has read `shared` and written `own` bytes."""
    ready, says = os.pipe()
    child = os.fork()
    if child == 0:
        for place in range(0, len(shared), mmap.PAGESIZE):
            shared[place]
        held = mmap.mmap(-1, own, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        held.write(b"x" * own)
        os.write(says, b"x")
        signal.pause()
        os._exit(0)
    try:
        os.read(ready, 1)
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_child_counts_with_what_it_does_not_share() -> None:
    shared = _written(200 * MB)
    alone = memory_watch.memory([os.getpid()])
    with _child(shared, 100 * MB) as child:
        pids = memory_watch.family(os.getpid(), 0)
        assert child in pids
        assert child not in memory_watch.family(os.getpid(), child)
        together = memory_watch.memory([os.getpid(), child])
    assert 100 * MB < together - alone < 150 * MB  # what both hold is not counted twice


def test_lanes_are_children() -> None:
    alone = memory_watch.memory([os.getpid()])
    together = 0
    with opened(3) as lane:
        if lane.number == 2:
            held = _written(100 * MB)
        lane.wait()
        if lane.number == 0:
            together = memory_watch.memory(memory_watch.family(os.getpid(), 0))
        lane.wait()
        if lane.number == 2:
            held.close()
    assert 100 * MB < together - alone < 150 * MB


def test_the_peak_of_a_block_has_its_children_in_it() -> None:
    with peak_memory(CPU, every=None) as without:
        pass
    with peak_memory(CPU, every=0.05) as alone:
        pass
    # One process's memory is what the system itself says of it.
    assert alone.megabytes == pytest.approx(without.megabytes, rel=0.05)
    with _child(_written(MB), 300 * MB), peak_memory(CPU, every=60.0) as both:
        pass
    assert both.megabytes - alone.megabytes == pytest.approx(300, abs=30)


def test_a_peak_that_was_over_is_the_processs_own() -> None:
    with peak_memory(CPU, every=60.0) as peak:
        held = _written(300 * MB)
        held.close()
    with peak_memory(CPU, every=60.0) as after:
        pass
    assert peak.megabytes - after.megabytes > 250


def test_an_error_in_the_block_ends_the_watcher() -> None:
    before = memory_watch.family(os.getpid(), 0)
    inside: list[int] = []

    def fail() -> None:
        with peak_memory(CPU, every=60.0):
            inside.extend(memory_watch.family(os.getpid(), 0))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert len(inside) == len(before) + 1
    assert memory_watch.family(os.getpid(), 0) == before


def test_a_watcher_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "WATCH", memory.WATCH.with_name("missing.py"))
    with (
        pytest.raises(RuntimeError, match=r"memory: missing\.py ended with status 2; run it by itself"),
        peak_memory(CPU),
    ):
        pass
