"""Looks now and then at how much memory a process and its children take together, and says at the end what was most.

    python benchmarks/memory_watch.py PID SECONDS SHARE

It begins when it has printed a line, looks after half of SECONDS and then every SECONDS, or so seldom that looking
takes SHARE of the time, and a last time when its standard input ends; then it prints the most in bytes.
`memory.peak_memory` says what is counted. Being a process of its own it takes no lock of the process that it looks at;
it imports nothing that takes long.
"""

from __future__ import annotations

import os
import select
import sys
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def family(pid: int, without: int) -> list[int]:
    """The process `pid`, its children, theirs and so on, but not `without`."""
    found = [pid]
    for each in found:
        with suppress(OSError):  # it has ended
            for file in PROC.glob(f"{each}/task/*/children"):
                found += [child for child in map(int, file.read_text().split()) if child != without]
    return found


def memory(pids: list[int]) -> int:
    """Bytes that the processes take together; the first one's mapped files stand for those of all.

    Raises:
        OSError: the first one has ended.
    """
    total = kilobytes(PROC / str(pids[0]) / "status", ("RssFile",))
    for pid in pids:
        with suppress(OSError):  # it has ended
            total += kilobytes(PROC / str(pid) / "smaps_rollup", ("Pss_Anon", "Pss_Shmem"))
    return total * 1024


def kilobytes(file: Path, names: tuple[str, ...]) -> int:
    fields = (line.split() for line in file.read_text().splitlines())
    return sum(int(words[1]) for words in fields if words[0].rstrip(":") in names)


def watch(pid: int, seconds: float, share: float) -> int:
    """The most bytes that were seen until standard input ended."""
    most, wait, ended = 0, seconds / 2, False
    while not ended:
        ended = bool(select.select([sys.stdin], [], [], wait)[0])
        began = time.perf_counter()
        with suppress(OSError):
            most = max(most, memory(family(pid, os.getpid())))
        wait = max(seconds, (time.perf_counter() - began) / share)
    return most


if __name__ == "__main__":
    print("begins", flush=True)
    print(watch(int(sys.argv[1]), *map(float, sys.argv[2:])))
