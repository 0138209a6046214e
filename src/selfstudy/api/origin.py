"""What the base of a version is called elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selfstudy.models.catalogue import find


@dataclass(frozen=True)
class Origin:
    """The base of an export: a name that resolves elsewhere, and its licence if that is known.

    `dequantised` names the quantised file that the base's weights were made of, "" if there was none.
    """

    name: str
    licence: str = ""
    dequantised: str = ""


def origin_of(model: str, folder: str) -> Origin:
    """Of the base `model`, which was loaded from `folder`; names are read in the order of `models.resolve`."""
    if entry := find(model):
        return Origin(entry.hub, entry.licence, entry.file)
    path = Path(model).expanduser()
    if path.is_dir():
        return Origin(str(path.resolve()))
    if path.suffix == ".gguf":
        return Origin(str(Path(folder).resolve()), dequantised=str(path.resolve()))
    return Origin(model)
