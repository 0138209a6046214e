"""Is a GGUF file whole? Asked before anything trusts it: loaders fail on a cut file in a hundred ways, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gguf import GGUFReader

from selfstudy.models.errors import ModelError

_MAGIC = b"GGUF"
_REPAIR = "the file is cut short or damaged: download it again"


def check_gguf(path: Path) -> None:
    """Raises ModelError, naming the file, unless every tensor that it declares lies within it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != _MAGIC:
        raise ModelError(f"{path}: this is no GGUF file (it begins with {magic!r}, not {_MAGIC!r})")
    try:
        reader = GGUFReader(path)
        ends = [(tensor.name, int(tensor.data_offset) + int(tensor.n_bytes)) for tensor in reader.tensors]
    except Exception as error:  # the reader indexes into the bytes and raises whatever that raises
        raise ModelError(f"{path}: the GGUF header cannot be read ({_first_line(error)}); {_REPAIR}") from error
    if not ends:
        raise ModelError(f"{path}: the GGUF file holds no tensors; {_REPAIR}")
    name, end = max(ends, key=lambda item: item[1])
    if end > size:
        raise ModelError(f"{path}: tensor {name} should end at byte {end}, but the file has {size}; {_REPAIR}")


def pre_tokenizer_name(path: Path) -> str | None:
    """The file's own name for how its tokenizer splits text ("smollm", "qwen2"), or None."""
    field = GGUFReader(path).get_field("tokenizer.ggml.pre")
    return None if field is None else str(field.contents())


def _first_line(error: Any) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
