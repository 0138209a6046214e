"""Opens the store in a folder, and makes it there if the folder is empty or missing."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from selfstudy.store.blobs import BLOBS, SWEEP_LOCK, Blobs, sync_folder
from selfstudy.store.database import connect
from selfstudy.store.errors import DATABASE, named_failures
from selfstudy.store.fail import failpoint
from selfstudy.store.journal import StoreJournal
from selfstudy.store.lock import HOLDER, LOCK
from selfstudy.store.migrate import bring_up_to_date
from selfstudy.store.runs import Runs
from selfstudy.store.store import Store
from selfstudy.store.sweep import sweep
from selfstudy.store.versions import Versions

# What a process that died while it made a store may have left.
_OURS = {BLOBS, DATABASE, f"{DATABASE}-journal", LOCK, HOLDER, SWEEP_LOCK}


def open_store(folder: Path) -> Store:
    """The store in `folder`, brought to this program's schema and swept of what dead processes left behind.

    Raises:
        ValueError: the folder holds something else, belongs to another user or may not be written; its database is
            damaged, or was made by a newer selfstudy. Nothing is written then.
        StoreFull: there was no room.
    """
    fail = failpoint(os.environ)
    folder = folder.absolute()
    with named_failures(folder):
        _check_folder(folder)
        database = connect(folder, fail)
        bring_up_to_date(database)
        _make_blobs(folder)
        sweep(database)
    blobs = Blobs(folder, fail)
    return Store(folder, database, blobs, StoreJournal(database, blobs), Runs(database), Versions(database, blobs))


def _check_folder(folder: Path) -> None:
    """That there may be a store in `folder`, which is made if it is missing."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ValueError(f"{folder} is no folder; choose another --home")
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise ValueError(f"{folder} belongs to another user; run as its owner, or choose another --home")
    found = {entry.name for entry in folder.iterdir()}
    if DATABASE in found:
        return
    if not found <= _OURS:
        raise ValueError(f"{folder} is not empty and holds no store; choose an empty or a new folder as --home")
    # Documents and what was learned of them are private.
    folder.chmod(0o700)


def _make_blobs(folder: Path) -> None:
    blobs = folder / BLOBS
    if blobs.is_dir():
        return
    blobs.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder)
    # A parent that this user may not read cannot be synced.
    with suppress(PermissionError):
        sync_folder(folder.parent)
