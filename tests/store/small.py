"""Stores and versions for tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfstudy.domain.version import GateResult, Learnt, Score, Scores, Version
from selfstudy.store.store import Store

SCORES = Scores(
    quiz="self",
    before=Score(0, 8),
    after=Score(6, 8),
    kept=Score(20, 20),
    kept_always_on=Score(18, 20),
    earlier=Score(0, 0),
)


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A temporary folder, in memory where the system has such a disk: syncing costs nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def candidate(store: Store, *, published: bool = True, parent: str | None = None, job: int = 0) -> Version:
    """A version that `store` can take, made by a run of its own."""
    return Version(
        name="",
        parent=parent,
        base="b" * 64,
        model="tiny",
        adapter=store.blobs.put(b"adapter"),
        router=store.blobs.put(b"router"),
        run=store.runs.begin("learn", {"job": job}, {}).id,
        documents=(Learnt("a.md", "d" * 64, "notes of a.md"),),
        scores=SCORES,
        gate=GateResult(published, () if published else ("learned nothing",)),
        settings={"rank": 16, "layers": [3, 6]},
    )
