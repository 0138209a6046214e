"""What can go wrong with a store's disk, as errors that name the folder and the remedy."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

DATABASE = "selfstudy.db"

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}
# SQLite reports a full disk as IOERR too, where not a write failed but the making of a file beside the database.
_SQLITE_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_SQLITE_NO_ACCESS = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_SQLITE_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StoreFull(OSError):
    """The disk took no more. Nothing half written is visible, and the same command goes on when there is room."""


class CorruptBlob(ValueError):
    """A blob's file is missing, or its content is not what its name says."""


@contextmanager
def named_failures(folder: Path) -> Iterator[None]:
    """What the disk or the database refuses in this block becomes an error that names the store's folder.

    Raises:
        StoreFull: there was no room, or the disk failed.
        ValueError: the store may not be written, its database is damaged, or another process kept it busy.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _NO_ROOM:
            raise _full(folder, reason) from error
        if error.errno in _NO_ACCESS:
            raise _closed(folder, reason) from error
        raise
    except (DBAPIError, sqlite3.Error) as error:
        named = _of_sqlite(folder, error.orig if isinstance(error, DBAPIError) else error)
        if named is None:
            raise
        raise named from error


def _of_sqlite(folder: Path, error: BaseException | None) -> Exception | None:
    # The low byte is the kind of error; what stands above it is detail.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_NO_ROOM:
        return _full(folder, str(error))
    if code in _SQLITE_NO_ACCESS:
        return _closed(folder, str(error))
    if code in _SQLITE_DAMAGED:
        return ValueError(
            f"{folder / DATABASE} is damaged, or no store's database ({error}); "
            "put it back from a copy, or choose another --home"
        )
    if code == sqlite3.SQLITE_BUSY:
        return ValueError(f"{folder}: another process keeps the database busy; try again when it is done")
    return None


def _full(folder: Path, reason: str) -> StoreFull:
    return StoreFull(
        f"{folder}: no room to write ({reason}). Nothing half written is kept; "
        "make room, and the same command goes on where it stopped"
    )


def _closed(folder: Path, reason: str) -> ValueError:
    return ValueError(f"{folder} cannot be written ({reason}); change its permissions, or choose another --home")
