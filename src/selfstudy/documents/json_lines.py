"""Files with one JSON value a line."""

from __future__ import annotations

import json
from pathlib import Path


def read_json_lines(file: Path, kind: str, item: str) -> list[tuple[int, object]]:
    """The values with their line numbers, empty lines left out. `kind` and `item` name the file's in messages.

    Raises:
        ValueError: the file is missing, no UTF-8 text or empty, or a line is not JSON; it names file and place.
    """
    if not file.is_file():
        raise ValueError(f"{kind}: {file} does not exist")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{kind}: {file} is not UTF-8 text (byte {error.start})") from error
    found: list[tuple[int, object]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append((number, json.loads(line)))
        except json.JSONDecodeError as error:
            raise ValueError(f"{file}, line {number}: not JSON ({error.msg})") from error
    if not found:
        raise ValueError(f"{kind}: {file} holds no {item}")
    return found
