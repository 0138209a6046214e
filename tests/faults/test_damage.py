"""No damaged blob is ever handed out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from selfstudy.store.errors import CorruptBlob
from selfstudy.store.open import open_store


def test_flipped_bits_truncations_and_swaps_are_all_found(tmp_path: Path) -> None:
    generator = random.Random(0)
    store = open_store(tmp_path)
    data = generator.randbytes(50_000)
    sha, other = store.blobs.put(data), store.blobs.put(generator.randbytes(50_000))
    file = tmp_path / "blobs" / sha
    damaged = [data[:-1], data + b"\0", b"", (tmp_path / "blobs" / other).read_bytes()]
    damaged += [data[: generator.randrange(len(data))] for _ in range(50)]
    for _ in range(100):
        at = generator.randrange(len(data))
        damaged.append(data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :])
    for bad in damaged:
        file.write_bytes(bad)
        with pytest.raises(CorruptBlob):
            store.blobs.get(sha)
    file.write_bytes(data)
    assert store.blobs.get(sha) == data
