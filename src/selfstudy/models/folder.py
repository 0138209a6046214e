"""What a model folder must look like before anything is loaded from it."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from selfstudy.models.errors import ModelError

_INDEX = "model.safetensors.index.json"
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "sentencepiece.bpe.model")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_AGAIN = "copy or download it again"


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that the model in `folder` consists of, in name order.

    Checks all that can be told without loading. Raises ModelError, one line with the file's name, for: no config.json,
    a config with code of its own (auto_map), pickles only, no tokenizer, missing or truncated safetensors files.
    """
    config = _read_json(folder / "config.json", f"{folder}: it holds no config.json; name a folder with a saved model")
    if "auto_map" in config:
        raise ModelError(
            f"{folder / 'config.json'}: auto_map asks to run code from the folder; such models are not loaded"
        )
    found = tuple(sorted(folder.glob("*.safetensors")))
    if not found:
        pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
        if pickles:
            raise ModelError(
                f"{folder}: its weights are pickles ({', '.join(pickles[:3])}), which can run code; "
                f"convert them to safetensors first"
            )
        raise ModelError(f"{folder}: it holds no *.safetensors file; {_AGAIN}")
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ModelError(f"{folder}: it holds no tokenizer (tokenizer.json); copy the model's tokenizer files into it")
    files = _indexed(folder, found)
    for file in files:
        _check_whole(file)
    return files


def _indexed(folder: Path, found: tuple[Path, ...]) -> tuple[Path, ...]:
    single = folder / "model.safetensors"
    if single in found:
        return (single,)
    if not (folder / _INDEX).is_file():
        raise ModelError(f"{folder}: it holds {found[0].name} but neither model.safetensors nor {_INDEX}; {_AGAIN}")
    shards = _read_json(folder / _INDEX, "").get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelError(f"{folder / _INDEX}: it has no weight_map; {_AGAIN}")
    names = sorted({str(name) for name in shards.values()})
    missing = [name for name in names if Path(name).name != name or not (folder / name).is_file()]
    if missing:
        raise ModelError(
            f"{folder}: {len(missing)} of {len(names)} weight files are missing, the first is {missing[0]}; {_AGAIN}"
        )
    return tuple(folder / name for name in names)


def _check_whole(file: Path) -> None:
    """A safetensors file is 8 bytes of header length, the header (JSON), and tensor bytes up to the last offset."""
    size = file.stat().st_size
    short = f"{file}: the file is cut short or damaged"
    with file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if 8 + length > size:
            raise ModelError(f"{short} (its header does not fit into {size} bytes); {_AGAIN}")
        try:
            header = json.loads(stream.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
            expected = 8 + length + max(ends, default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ModelError(f"{short} (its header is not readable); {_AGAIN}") from error
    if size != expected:
        raise ModelError(f"{short} ({size} bytes, its header promises {expected}); {_AGAIN}")


def _read_json(path: Path, absent: str) -> dict[str, Any]:
    if not path.is_file():
        raise ModelError(absent)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: this is not readable JSON ({error}); {_AGAIN}") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: this is not a JSON object; {_AGAIN}")
    return value
