"""Blobs: what goes in comes out, or is said to be damaged."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from selfstudy.store.errors import CorruptBlob
from selfstudy.store.open import open_store


def test_what_is_put_is_got(tmp_path: Path) -> None:
    blobs = open_store(tmp_path).blobs
    for data in (b"", b"x", bytes(range(256)) * 1000):
        sha = blobs.put(data)
        assert sha == hashlib.sha256(data).hexdigest()
        assert blobs.get(sha) == data
        assert blobs.put(data) == sha
    assert len(list((tmp_path / "blobs").iterdir())) == 3


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    blobs = open_store(tmp_path).blobs
    sha = blobs.put(b"adapter")
    file = tmp_path / "blobs" / sha
    file.write_bytes(b"adaptor")
    remedy = "put it back from a copy of the store, or learn the documents again in another --home"
    found = hashlib.sha256(b"adaptor").hexdigest()
    with pytest.raises(CorruptBlob) as caught:
        blobs.get(sha)
    assert str(caught.value) == f"{file} is damaged (7 bytes with SHA-256 {found}); {remedy}"
    file.unlink()
    for reading in (blobs.get, blobs.check_there):
        with pytest.raises(CorruptBlob) as caught:
            reading(sha)
        assert str(caught.value) == f"{file} is missing; {remedy}"
    assert isinstance(caught.value, ValueError)


def test_putting_the_same_content_again_repairs_a_damaged_file(tmp_path: Path) -> None:
    blobs = open_store(tmp_path).blobs
    sha = blobs.put(b"adapter")
    (tmp_path / "blobs" / sha).write_bytes(b"")
    assert blobs.put(b"adapter") == sha
    assert blobs.get(sha) == b"adapter"


def test_a_blob_is_on_disk_before_a_row_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    done: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        status = os.fstat(handle)
        done.append("fsync folder" if stat.S_ISDIR(status.st_mode) else f"fsync {status.st_size} bytes")
        real_fsync(handle)

    def replace(source: str, target: Path) -> None:
        done.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    sa.event.listen(store.database.engine, "commit", lambda _: done.append("commit"))
    store.journal.once_bytes("adapter", "k", lambda: b"data")
    assert done == ["fsync 4 bytes", "rename", "fsync folder", "commit"]


@pytest.mark.parametrize(
    "name",
    ["", "../selfstudy.db", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "a/" * 32, "\ud800" * 64, "a\x00" * 32],
)
def test_names_that_are_no_hash(tmp_path: Path, name: str) -> None:
    blobs = open_store(tmp_path).blobs
    for reading in (blobs.get, blobs.check_there):
        with pytest.raises(ValueError) as caught:
            reading(name)
        assert str(caught.value) == f"{name!r:.80} is no blob's name: those are 64 of the digits 0-9 and a-f"
        assert str(caught.value).isprintable()
