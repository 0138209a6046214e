"""An open store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from selfstudy.store.blobs import Blobs
from selfstudy.store.database import Database
from selfstudy.store.journal import StoreJournal
from selfstudy.store.lock import learning_lock
from selfstudy.store.runs import Run, Runs
from selfstudy.store.versions import Versions


@dataclass(frozen=True)
class Store:
    """One home. `journal` belongs to no run; `journal_for` gives the one of a run. As a context manager it closes."""

    folder: Path
    database: Database
    blobs: Blobs
    journal: StoreJournal
    runs: Runs
    versions: Versions

    def journal_for(self, run: Run) -> StoreJournal:
        """The journal whose records are marked as the work of `run`."""
        return replace(self.journal, run=run.id)

    def lock(self) -> AbstractContextManager[None]:
        """One learning job at a time in this home; see `lock.learning_lock`."""
        return learning_lock(self.folder)

    def close(self) -> None:
        """Give back what the database's engine holds."""
        self.database.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
