"""A run's folder in its home: what it was told, what happened, and its table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from selfstudy.domain.identity import content_hash

RUNS = "runs"
SETTINGS, METRICS, ROWS = "settings.json", "metrics.jsonl", "rows.jsonl"


@dataclass(frozen=True)
class RunFolder:
    """`begin` empties its files: a run that is taken up again replays what is on record and writes the same lines."""

    path: Path

    @classmethod
    def begin(cls, home: Path, run: str, settings: Mapping[str, object], files: Sequence[str]) -> RunFolder:
        folder = home / RUNS / run
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SETTINGS).write_text(json.dumps(settings, indent=2, ensure_ascii=False, default=str), "utf-8")
        for name in files:
            (folder / name).write_text("", "utf-8")
        return cls(folder)

    def add(self, name: str, line: str) -> None:
        """Append a line and have it on disk's way before going on."""
        with (self.path / name).open("a", encoding="utf-8") as out:
            out.write(line + "\n")


def find_run(home: Path, run: str) -> Path:
    """The folder of a run: its path, or the beginning of its name in `home`.

    Raises:
        ValueError: there is none, or there are several; the message lists the runs.
    """
    if (Path(run) / ROWS).is_file():
        return Path(run)
    there = sorted(path.name for path in (home / RUNS).glob("*") if (path / ROWS).is_file())
    found = [name for name in there if name.startswith(run)] if run else []
    if len(found) != 1:
        listed = ", ".join(name[:12] for name in there) or "none"
        raise ValueError(f"run {run!r}: {len(found)} runs of {home} begin with it; there are {listed}")
    return home / RUNS / found[0]


def code_identity() -> str:
    """A hash over the package's program text and prompts: which code a run ran."""
    return content_hash("code", *_sources(files("selfstudy")))[:16]


def _sources(folder: Traversable) -> list[str]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            found += _sources(entry) if entry.name != "__pycache__" else []
        elif entry.name.endswith((".py", ".txt", ".c", ".h")):
            found += [entry.name, entry.read_text(encoding="utf-8")]
    return found
