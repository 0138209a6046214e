"""The most memory that a measured call takes: the GPU's, else that of the process and of the lanes that it forks."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch

WATCH = Path(__file__).resolve().parent / "memory_watch.py"


@dataclass
class Peak:
    """In 10⁶ bytes; known when the block has ended."""

    megabytes: float = 0.0


@contextmanager
def peak_memory(device: torch.device, every: float | None = 1.0, share: float = 0.005) -> Iterator[Peak]:
    """The most memory that was taken at once in the block.

    On a GPU it is what torch allocated there, exactly. Else it is the greater one of two figures:

    * the most resident memory of this process alone, which the system keeps exactly (where it cannot begin it anew,
      that of the process so far);
    * on Linux, the most that was seen, looking every so many seconds, of this process and its children, lanes that is,
      together: anonymous and shared memory as proportional shares (PSS), so that a page which several of them hold
      counts once, and the mapped files (libraries) of this process, which are the lanes' too. With one lane that is
      this process's resident memory.

    So what lanes take for a moment between two looks is missed. The first look comes after half of `every`, so that a
    shorter call shows none of its lanes; `every` None is without looking. A process of its own looks, whose memory is
    not counted. The system walks the page tables for it, 5 ms of a core for each GB that a process maps and more under
    load, while which the process cannot change its mappings; looks come so seldom that they take `share` of the
    time at most.

    Raises:
        RuntimeError: the watcher failed.
    """
    peak = Peak()
    _forget(device)
    if every is None or device.type == "cuda" or sys.platform != "linux":
        yield peak
        peak.megabytes = _peak_mb(device)
        return
    command = [sys.executable, "-S", str(WATCH), str(os.getpid()), str(every), str(share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdin is not None
        assert watcher.stdout is not None
        watcher.stdout.readline()
        try:
            yield peak
        finally:
            watcher.stdin.close()
            said = watcher.stdout.read()
    if watcher.returncode:
        raise RuntimeError(f"memory: {WATCH.name} ended with status {watcher.returncode}; run it by itself")
    peak.megabytes = max(_peak_mb(device), int(said) / 1e6)


def _forget(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb(device: torch.device) -> float:
    """Since `_forget`: on the GPU, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    return megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def megabytes(maxrss: int) -> float:
    return maxrss / 1e6 if sys.platform == "darwin" else maxrss * 1024 / 1e6
