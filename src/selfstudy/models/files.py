"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = 1 << 22  # bytes


def cache_folder() -> Path:
    """Where models are kept if nobody names a place: $SELFSTUDY_CACHE, else ~/.cache/selfstudy/models."""
    named = os.environ.get("SELFSTUDY_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "selfstudy" / "models"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder in `parent` (made if missing) that is gone afterwards, however the block ends."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Forces a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place_file(finished: Path, target: Path) -> None:
    """Moves a finished file to its name, on the same file system, so that a crash leaves the old state or the new."""
    sync(finished)
    finished.replace(target)
    sync(target.parent)


def place_folder(finished: Path, target: Path) -> None:
    """Moves a finished folder to its name. If another process was quicker, its folder stays."""
    for path in finished.rglob("*"):
        sync(path)
    try:
        finished.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    sync(target.parent)
