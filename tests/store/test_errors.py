"""What the disk or SQLite refuses gets a name and a remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from selfstudy.store.errors import StoreFull, named_failures
from selfstudy.store.open import open_store
from selfstudy.store.store import Store

ROOM = "Nothing half written is kept; make room, and the same command goes on where it stopped"


def raise_named(folder: Path, error: Exception) -> None:
    with named_failures(folder):
        raise error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_no_room(number: int) -> None:
    with pytest.raises(StoreFull) as caught:
        raise_named(Path("home"), OSError(number, os.strerror(number)))
    assert str(caught.value) == f"home: no room to write ({os.strerror(number)}). {ROOM}"
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_no_access(number: int) -> None:
    with pytest.raises(ValueError) as caught:
        raise_named(Path("home"), OSError(number, os.strerror(number)))
    assert str(caught.value) == (
        f"home cannot be written ({os.strerror(number)}); change its permissions, or choose another --home"
    )


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "x"), StoreFull("x"), ValueError("x"), sqlite3.OperationalError("no such table: x")]
)
def test_what_is_no_matter_of_the_disk_stays_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        raise_named(Path("home"), error)
    assert caught.value is error


def execute(store: Store, *statements: str) -> None:
    with store.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_sqlite_without_room(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    grow = "INSERT INTO unit VALUES ('k', 'k', NULL, hex(zeroblob(100000)), NULL, 0.0, '')"
    with pytest.raises(StoreFull) as caught:
        execute(store, "PRAGMA max_page_count = 1", grow)
    assert str(caught.value) == f"{tmp_path}: no room to write (database or disk is full). {ROOM}"
    assert store.journal.units("k") == ()


def test_sqlite_that_may_not_write(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(ValueError) as caught:
        execute(store, "PRAGMA query_only = ON", "UPDATE current SET version = NULL")
    assert str(caught.value) == (
        f"{tmp_path} cannot be written (attempt to write a readonly database); "
        "change its permissions, or choose another --home"
    )


def test_sqlite_that_another_process_keeps_busy(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    holder, other = (sqlite3.connect(tmp_path / "selfstudy.db", isolation_level=None, timeout=0) for _ in range(2))
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ValueError) as caught, named_failures(tmp_path):
        other.execute("BEGIN IMMEDIATE")
    assert str(caught.value) == f"{tmp_path}: another process keeps the database busy; try again when it is done"
    holder.close()
    other.close()


def test_a_damaged_database(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    file = tmp_path / "selfstudy.db"
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 40_000)
    with pytest.raises(ValueError) as caught:
        store.runs.all()
    assert str(caught.value) == (
        f"{file} is damaged, or no store's database (database disk image is malformed); "
        "put it back from a copy, or choose another --home"
    )
