"""Files under the hash of their content: adapters, routers."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from selfstudy.store.errors import CorruptBlob, named_failures
from selfstudy.store.fail import Fail

BLOBS = "blobs"
SWEEP_LOCK = "sweep.lock"
TEMPORARY = "tmp-"

_NAME = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Blobs:
    """The blobs of the store in `home`. One that no row names is garbage, and is swept away at the next opening."""

    home: Path
    fail: Fail

    def put(self, data: bytes) -> str:
        """Write `data` and return its SHA-256, under which it is complete and on disk when this returns.

        Until a row names the blob, hold `unswept` or the learning lock. A damaged file of the same content is replaced.

        Raises:
            StoreFull: there was no room; nothing is left behind.
        """
        sha = hashlib.sha256(data).hexdigest()
        folder = self.home / BLOBS
        with named_failures(self.home):
            handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    self.fail("blob-write")
                    file.write(data)
                    file.flush()
                    self.fail("blob-fsync")
                    os.fsync(file.fileno())
                self.fail("blob-rename")
                os.replace(name, folder / sha)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(name)
                raise
            self.fail("folder-fsync")
            sync_folder(folder)
        return sha

    def get(self, sha: str) -> bytes:
        """The blob named `sha`.

        Raises:
            CorruptBlob: its file is missing or damaged.
            ValueError: `sha` is no blob's name.
        """
        file = self._file(sha)
        try:
            data = file.read_bytes()
        except FileNotFoundError as error:
            raise _corrupt(file, "is missing") from error
        found = hashlib.sha256(data).hexdigest()
        if found != sha:
            raise _corrupt(file, f"is damaged ({len(data)} bytes with SHA-256 {found})")
        return data

    def check_there(self, sha: str) -> None:
        """That there is a file for the blob named `sha`; its content is not read.

        Raises:
            CorruptBlob: there is none.
            ValueError: `sha` is no blob's name.
        """
        file = self._file(sha)
        if not file.is_file():
            raise _corrupt(file, "is missing")

    @contextmanager
    def unswept(self) -> Iterator[None]:
        """While this is held no process sweeps: from before `put` until the row that names the blob is committed."""
        with named_failures(self.home):
            lock = (self.home / SWEEP_LOCK).open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def _file(self, sha: str) -> Path:
        if not _NAME.fullmatch(sha):
            raise ValueError(f"{sha!r:.80} is no blob's name: those are 64 of the digits 0-9 and a-f")
        return self.home / BLOBS / sha


def sync_folder(folder: Path) -> None:
    """Put on disk which files `folder` has."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _corrupt(file: Path, what: str) -> CorruptBlob:
    return CorruptBlob(
        f"{file} {what}; put it back from a copy of the store, or learn the documents again in another --home"
    )
