"""Files with one JSON value a line."""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecodeError
from pathlib import Path
from typing import TypeVar

from selfstudy.documents.bad_input import BadInput
from selfstudy.documents.file_bytes import as_text, read_bytes
from selfstudy.documents.strict_json import loads

T = TypeVar("T")


def is_text(value: object) -> bool:
    """Whether it is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def read_json_lines(file: Path, kind: str, item: str, build: Callable[[int, object], T]) -> tuple[T, ...]:
    """What `build` makes of each line's number and value, empty lines left out. `kind` and `item` name the file's.

    Raises:
        ValueError: the file is missing, no UTF-8 text or empty.
        BadInput: see `parse_json_lines`.
    """
    try:
        text = as_text(read_bytes(file))
    except ValueError as error:
        raise ValueError(f"{kind}: {file} {error}") from error
    found = parse_json_lines(file, text, build)
    if not found:
        raise ValueError(f"{kind}: {file} holds no {item}")
    return found


def parse_json_lines(file: Path, text: str, build: Callable[[int, object], T]) -> tuple[T, ...]:
    """The same of a text that was read from `file` already; it may be empty.

    Raises:
        BadInput: of every line that is no JSON, or of which `build` raises a ValueError, `file:line:column: reason`.
    """
    found: list[T] = []
    problems: list[str] = []
    # Not `splitlines`: JSON allows U+2028 and the like inside of a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(build(number, loads(line)))
        except JSONDecodeError as error:
            problems.append(f"{file}:{number}:{error.colno}: {error.msg}")
        except ValueError as error:
            problems.append(f"{file}:{number}:{len(line) - len(line.lstrip()) + 1}: {error}")
    if problems:
        raise BadInput(*problems)
    return tuple(found)
