"""Token rows with a teacher's targets as one safetensors file, exact to the last bit and checked on reading.

Shapes: R rows, N ids of all rows together, P trained positions of all rows together, K teacher's tokens a position.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from selfstudy.domain.token_row import TokenRow, TokenTargets
from selfstudy.models.files import place_file, scratch_folder

_Array = np.ndarray[Any, np.dtype[Any]]


def write_rows(rows: Sequence[TokenRow], path: Path, key: str) -> None:
    """Write `rows` to `path`, all or nothing; `key` says what they are and must be named again to read them.

    Raises:
        ValueError: a row without targets, or targets of different widths.
        OSError: the file cannot be written; nothing of it is left then.
    """
    targets = [target for row in rows for target in row.targets or ()]
    widths = {len(target.ids) for target in targets}
    if len(widths) > 1 or any(row.targets is None for row in rows):
        raise ValueError("row file: every row needs targets, and all of them equally many tokens a position")
    shape = (len(targets), widths.pop() if widths else 0)
    arrays: dict[str, _Array] = {
        "ids_N": np.array([i for row in rows for i in row.ids], np.int32),
        # Python's floats are doubles: 64 bits lose nothing, whatever precision the teacher had.
        "weights_N": np.array([w for row in rows for w in row.weights], np.float64),
        "lengths_R": np.array([len(row.ids) for row in rows], np.int64),
        "target_ids_PK": np.array([t.ids for t in targets], np.int32).reshape(shape),
        "target_logprobs_PK": np.array([t.logprobs for t in targets], np.float64).reshape(shape),
    }
    # One entry only: safetensors writes several in random order, and equal rows shall be equal files.
    content = save(arrays, metadata={"rows": f"{key} {_digest(arrays)}"})
    with scratch_folder(path.parent) as scratch:
        finished = scratch / path.name
        finished.write_bytes(content)
        place_file(finished, path)


def read_rows(path: Path, key: str) -> tuple[TokenRow, ...]:
    """The rows that `write_rows` wrote to `path` under `key`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is truncated, damaged, or holds something else; one line.
        OSError: it cannot be read.
    """
    try:
        with safe_open(path, "numpy") as file:
            written_as, _, checksum = (file.metadata() or {}).get("rows", "").rpartition(" ")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged ({str(error).splitlines()[0]})") from error
    if written_as != key:
        raise ValueError(f"{path} holds something else")
    # Safetensors checks the file's length only; a flipped bit would train something else without a word.
    if checksum != _digest(arrays):
        raise ValueError(f"{path} is damaged (its content has another checksum)")
    return _rows(arrays)


def _rows(arrays: Mapping[str, _Array]) -> tuple[TokenRow, ...]:
    ids, weights = arrays["ids_N"].tolist(), arrays["weights_N"].tolist()
    taught = zip(arrays["target_ids_PK"].tolist(), arrays["target_logprobs_PK"].tolist(), strict=True)
    rows = []
    for start, end in pairwise(chain([0], np.cumsum(arrays["lengths_R"]).tolist())):
        bare = TokenRow(tuple(ids[start:end]), tuple(weights[start:end]), "kl")
        targets = tuple(TokenTargets(p, *map(tuple, next(taught))) for p in bare.trained)
        rows.append(TokenRow(bare.ids, bare.weights, "kl", targets))
    return tuple(rows)


def _digest(arrays: Mapping[str, _Array]) -> str:
    """SHA-256 over names, types, shapes and content."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
