"""Takes away what a process that died left behind: temporary files, and blobs that no row names."""

from __future__ import annotations

import fcntl

import sqlalchemy as sa

from selfstudy.store.blobs import BLOBS, SWEEP_LOCK, TEMPORARY
from selfstudy.store.database import Database
from selfstudy.store.lock import lock_if_free
from selfstudy.store.schema import unit, version


def sweep(database: Database) -> None:
    """Remove the garbage, unless another process is learning or between a blob and its row."""
    with lock_if_free(database.folder) as free:
        if not free:
            return
        with (database.folder / SWEEP_LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            _remove_unnamed(database)


def _remove_unnamed(database: Database) -> None:
    with database.reading() as connection:
        columns = (unit.c.blob, version.c.adapter, version.c.router)
        named = {sha for column in columns for sha in connection.scalars(sa.select(column).where(column.isnot(None)))}
    for file in (database.folder / BLOBS).iterdir():
        if file.name not in named and (len(file.name) == 64 or file.name.startswith(TEMPORARY)):
            file.unlink()
