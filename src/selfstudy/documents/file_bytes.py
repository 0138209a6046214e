"""A file's bytes and its text.

What is wrong is a ValueError that starts after the file's name (`is not a file`); the caller puts that before it.
"""

from __future__ import annotations

import os
from pathlib import Path


def read_bytes(file: Path, largest: int | None = None) -> bytes:
    """The whole file; one of more than `largest` bytes is refused, and not read further than that."""
    try:
        if not file.exists():
            raise ValueError("does not exist")
        if not file.is_file():
            raise ValueError("is not a file")
        with file.open("rb") as stream:
            if largest is None:
                return stream.read()
            # One byte more, since the size that the system tells can be wrong: the file may grow, or be a kernel's.
            data = stream.read(largest + 1)
            size = max(os.fstat(stream.fileno()).st_size, len(data))
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    if len(data) > largest:
        raise ValueError(f"has {size:,} bytes and the limit is {largest:,}; cut it into smaller files")
    return data


def as_text(data: bytes) -> str:
    """The text of UTF-8 bytes, without a byte order mark, its lines ended by a line feed."""
    nul = data.find(b"\0")
    if nul >= 0:
        raise ValueError(f"is not text (NUL at byte {nul}); leave it out, or save it as UTF-8 text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
