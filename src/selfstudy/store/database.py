"""The database of a store: one connection a transaction, each under the store's rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from selfstudy.store.errors import DATABASE, named_failures
from selfstudy.store.fail import Fail

_BUSY_SECONDS = 30.0
# The write-ahead log of SQLite before 3.51.3 can corrupt the database, hence the rollback journal; EXTRA also syncs the
# folder when the journal goes, without which a power loss could take back what was said to be done.
_PRAGMAS = ("journal_mode = DELETE", "synchronous = EXTRA", "foreign_keys = ON")


@dataclass(frozen=True)
class Database:
    """Transactions on the database in `folder`. No connection outlives its transaction, so none crosses a fork."""

    folder: Path
    engine: sa.Engine
    fail: Fail

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One consistent view.

        Raises:
            ValueError, StoreFull: as `named_failures` says.
        """
        with named_failures(self.folder), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer comes between; on disk when the block has ended, or nothing of it.

        Raises:
            ValueError, StoreFull: as `named_failures` says.
        """
        with named_failures(self.folder):
            with self.engine.connect() as connection:
                self.fail("transaction-begin")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                self.fail("transaction-commit")
                connection.commit()
            self.fail("after-commit")


def connect(folder: Path, fail: Fail) -> Database:
    """The database in `folder`; its file is made by the first transaction if it is not there."""
    file = folder / DATABASE

    def creator() -> sqlite3.Connection:
        # Without an isolation level the driver begins no transaction by itself: the two methods above do.
        connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return Database(folder, sa.create_engine("sqlite://", creator=creator, poolclass=sa.NullPool), fail)


def now() -> str:
    """The time as it is recorded: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
