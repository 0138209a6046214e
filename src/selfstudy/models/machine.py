"""What the machine has: processors, memory, room on a disk. Importing this loads no torch."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Memory:
    """Bytes: what this process may have at most, and what of it is free now (None where the system does not tell)."""

    total: int
    available: int | None


def cores() -> int:
    """Processors that this process may use."""
    # Not everywhere: macOS has no affinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = _CGROUP) -> Memory:
    """The machine's memory, or the container's where that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    total = min([installed, *_limits(cgroup)])
    free = _available(meminfo)
    return Memory(total, None if free is None else min(free, total))


def free_disk(folder: Path) -> int:
    """Bytes free where `folder` is or would be made."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def _limits(cgroup: Path) -> list[int]:
    found = []
    for name in _LIMITS:
        with suppress(OSError, ValueError):  # no such file, or the word "max": no limit
            found.append(int((cgroup / name).read_text(encoding="ascii")))
    return found


def _available(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
