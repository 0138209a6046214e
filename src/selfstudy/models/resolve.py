"""From a name or a path to a folder of weights that can be loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from selfstudy.models.cached import HUB, converted, is_converted
from selfstudy.models.catalogue import CatalogueEntry, find, nearest
from selfstudy.models.convert import convert
from selfstudy.models.errors import ModelError
from selfstudy.models.fetch import fetch
from selfstudy.models.folder import weight_files
from selfstudy.models.weight_identity import weight_identity

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]


@dataclass(frozen=True)
class ResolvedModel:
    """A checked model folder, and the content hash of its weights."""

    folder: Path
    identity: str


def resolve(name_or_path: str, cache: Path) -> ResolvedModel:
    """The folder of a catalogue name, a local folder, a .gguf file, or a hub id owner/name.

    Downloads and converts into `cache` what is not there yet. Raises ModelError (one line) for unknown names, folders
    that are not whole or not safe to load, damaged files, and failed downloads.
    """
    folder = _folder(name_or_path, cache)
    return ResolvedModel(folder, weight_identity(folder, weight_files(folder)))


def _folder(name_or_path: str, cache: Path) -> Path:
    if entry := find(name_or_path):
        return _from_catalogue(entry, cache)
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    if path.suffix == ".gguf":
        return convert(path, cache)
    if path.is_file():
        raise ModelError(f"{path}: this is a file, but no .gguf; name a folder with config.json and *.safetensors")
    if _HUB_ID.fullmatch(name_or_path):
        return _from_hub(name_or_path, cache)
    raise ModelError(
        f"model {name_or_path!r} is neither a known name nor a folder; "
        f"did you mean {' or '.join(nearest(name_or_path))}?"
    )


def _from_catalogue(entry: CatalogueEntry, cache: Path) -> Path:
    done = converted(cache / entry.file, cache, entry.sha256)
    return done if is_converted(done) else convert(fetch(entry, cache), cache)


def _from_hub(name: str, cache: Path) -> Path:
    try:
        return Path(snapshot_download(name, cache_dir=cache / HUB, allow_patterns=_HUB_FILES))
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"model {name}: the hub has no such public model, and there is no such folder here; check the spelling"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"model {name}: it is not in {cache / HUB} and the hub cannot be reached ({type(error).__name__}); "
            f"connect, or name a local folder"
        ) from error
