"""A content hash over a model's weight files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from selfstudy.domain.identity import content_hash
from selfstudy.models.files import sha256_of


def weight_identity(folder: Path, files: Sequence[Path]) -> str:
    """SHA-256 over the content of the weight files, 64 hex digits; config.json is not in it, it names library versions.

    Remembered in `<folder>.identity.json` beside the folder, keyed by the files' names, sizes and times of change;
    where that place cannot be written, it is computed each time.
    """
    key = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    # Resolved first: the hub's snapshot folders hold links into its blob store.
    memory = folder.resolve().parent / f"{folder.resolve().name}.identity.json"
    try:
        remembered = json.loads(memory.read_text(encoding="utf-8"))
        if remembered["key"] == key:
            return str(remembered["identity"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no memory, or an unreadable one: compute
    # No names in the hash: the same shards under other names are the same weights.
    identity = content_hash("weights", *(sha256_of(path) for path in files))
    temporary = memory.with_name(f"{memory.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps({"key": key, "identity": identity}) + "\n", encoding="utf-8")
        temporary.replace(memory)
    except OSError:
        temporary.unlink(missing_ok=True)
    return identity
