"""What lies in the cache of models, and where. Importing this loads no torch: looking is quick."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from selfstudy.models.catalogue import CATALOGUE, CatalogueEntry

CONVERTER = 1  # raise it when the output changes: folders of older converters are made anew beside the old
STAMP = "selfstudy.json"
HUB = "hub"
"""Folder in the cache for what came from the Hugging Face hub."""

_SNAPSHOTS = "models--"  # the hub's own library names its folders so: models--owner--name

State = Literal["ready", "downloaded", "absent"]
"""Converted and ready to load; a GGUF file that is still to be converted; to be downloaded first."""


def converted(gguf: Path, cache: Path, sha256: str) -> Path:
    """Where the model of the GGUF file with this SHA-256 lies once it is converted."""
    return cache / f"{gguf.stem}-{sha256[:12]}-v{CONVERTER}"


def is_converted(folder: Path) -> bool:
    return (folder / STAMP).is_file()


@dataclass(frozen=True)
class CachedEntry:
    """A catalogue model and the bytes it takes in the cache; `folder` is where it is loaded from once it is ready."""

    entry: CatalogueEntry
    state: State
    size: int
    folder: Path


@dataclass(frozen=True)
class CachedModel:
    """A model in the cache that is no catalogue entry's: its folder (of a converted file), or its hub id."""

    name: str
    came_from: str
    size: int


def catalogue_in(cache: Path) -> tuple[CachedEntry, ...]:
    """Every catalogue model, in the cache or not. Files are not read: a damaged one counts as there."""
    found = []
    for entry in CATALOGUE:
        gguf, folder = cache / entry.file, converted(cache / entry.file, cache, entry.sha256)
        state: State = "ready" if is_converted(folder) else "downloaded" if gguf.is_file() else "absent"
        found.append(CachedEntry(entry, state, size_of(gguf) + size_of(folder), folder))
    return tuple(found)


def others_in(cache: Path) -> tuple[CachedModel, ...]:
    """What else is in the cache: converted .gguf files, and models of the hub."""
    known = {each.folder for each in catalogue_in(cache)}
    files = [
        CachedModel(str(folder), _source(folder), size_of(folder))
        for folder in _folders(cache)
        if is_converted(folder) and folder not in known
    ]
    hub = [
        CachedModel(folder.name.removeprefix(_SNAPSHOTS).replace("--", "/", 1), "the hub", size_of(folder))
        for folder in _folders(cache / HUB)
        if folder.name.startswith(_SNAPSHOTS)
    ]
    return (*files, *hub)


def size_of(path: Path) -> int:
    """Bytes of a file or of all files below a folder, links not followed; 0 if it is not there."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.lstat().st_size for file in files if file.is_file())


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _source(folder: Path) -> str:
    try:
        return str(json.loads((folder / STAMP).read_text(encoding="utf-8"))["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return "a .gguf file"
