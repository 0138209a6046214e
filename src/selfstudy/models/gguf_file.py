"""Is a GGUF file whole? Asked before anything trusts it: loaders fail on a cut file in many ways, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfstudy.models.errors import ModelError

if TYPE_CHECKING:
    from gguf import GGUFReader

_MAGIC = b"GGUF"
_REPAIR = "download it again"


def open_gguf(path: Path) -> GGUFReader:
    """A reader of the file. Raises ModelError, naming the file, unless every tensor that it declares lies within it."""
    from gguf import GGUFReader  # here, so that folders load on machines without it

    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != _MAGIC:
        raise ModelError(f"{path}: this is no GGUF file (it begins with {magic!r}, not {_MAGIC!r})")
    try:
        reader = GGUFReader(path)
        ends = [int(tensor.data_offset) + int(tensor.n_bytes) for tensor in reader.tensors]
    except Exception as error:  # the reader indexes into the bytes and raises whatever that raises
        raise ModelError(f"{path}: the GGUF file is cut short or damaged ({size} bytes); {_REPAIR}") from error
    if not ends:
        raise ModelError(f"{path}: the GGUF file holds no tensors; {_REPAIR}")
    if max(ends) > size:  # some versions of the reader look at a tensor's bytes only when asked for them
        raise ModelError(f"{path}: the GGUF file is cut short ({size} of at least {max(ends)} bytes); {_REPAIR}")
    return reader


def field(reader: GGUFReader, name: str) -> Any:
    """The value of a metadata field, or None."""
    found = reader.get_field(name)
    return None if found is None else found.contents()
