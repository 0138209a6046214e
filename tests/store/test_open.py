"""Which folders become stores, which are refused, and what opening tidies up."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from selfstudy.store.open import open_store
from selfstudy.store.schema import REVISION
from tests.store.small import candidate


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_missing_folder_and_an_empty_one_become_stores(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)
    for home in (tmp_path / "a" / "new", empty):
        with open_store(home) as store:
            assert store.folder == home
            assert stat.S_IMODE(home.stat().st_mode) == 0o700
            assert store.versions.current() is None
        open_store(home).close()


def test_a_store_has_the_rules_it_needs(tmp_path: Path) -> None:
    with open_store(tmp_path).database.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["delete", 3, 1, 30000]


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} is not empty and holds no store; choose an empty or a new folder as --home"
    )
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file, dangling = tmp_path / "file", tmp_path / "link"
    file.touch()
    dangling.symlink_to(tmp_path / "nowhere")
    for home in (file, dangling):
        with pytest.raises(ValueError) as caught:
            open_store(home)
        assert str(caught.value) == f"{home} is no folder; choose another --home"
    with pytest.raises(ValueError) as caught:
        open_store(file / "below")
    assert str(caught.value) == (
        f"{file / 'below'} cannot be written (Not a directory); change its permissions, or choose another --home"
    )


def test_another_user_s_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path)
    assert str(caught.value) == f"{tmp_path} belongs to another user; run as its owner, or choose another --home"
    assert contents(tmp_path) == {}


def test_other_databases_are_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "selfstudy.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE recipes (title)")
    connection.close()
    before = contents(tmp_path)
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path)
    assert str(caught.value) == f"{file} is another program's database; choose another --home"
    assert contents(tmp_path) == before
    file.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path)
    assert str(caught.value) == (
        f"{file} is damaged, or no store's database (file is not a database); "
        "put it back from a copy, or choose another --home"
    )


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    file = tmp_path / "selfstudy.db"
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = contents(tmp_path)
    with pytest.raises(ValueError) as caught:
        open_store(tmp_path)
    assert str(caught.value) == (
        f"{file} has schema 9999, and this selfstudy knows those up to {REVISION}: a newer one made it. "
        "Update selfstudy, or choose another --home"
    )
    assert contents(tmp_path) == before


def test_a_half_made_store_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "learn.lock").touch()
    (tmp_path / "selfstudy.db").touch()
    assert open_store(tmp_path).versions.all() == ()
    # Copies made by tools that leave out empty folders.
    (tmp_path / "blobs").rmdir()
    assert open_store(tmp_path).blobs.put(b"x")


def test_opening_sweeps_what_no_row_names(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    recorded = store.journal.once_bytes("adapter", "k", lambda: b"recorded")
    version = store.versions.add(candidate(store), None)
    garbage = store.blobs.put(b"garbage")
    (tmp_path / "blobs" / "tmp-k3jd8").write_bytes(b"half")
    (tmp_path / "blobs" / "README").write_text("somebody else's", encoding="utf-8")
    with store.blobs.unswept():
        open_store(tmp_path)
        assert store.blobs.get(garbage) == b"garbage"
    with store.lock():
        open_store(tmp_path)
        assert store.blobs.get(garbage) == b"garbage"
    open_store(tmp_path)
    left = sorted(file.read_bytes() for file in (tmp_path / "blobs").iterdir())
    assert left == [b"adapter", recorded, b"router", b"somebody else's"]
    assert store.versions.get("v1") == version


def test_the_store_s_modules_load_nothing_heavy() -> None:
    heavy = ("torch", "transformers", "alembic")
    code = f"import selfstudy.store.open, sys; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
