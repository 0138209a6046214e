"""A puzzle: examples of a hidden rule, and inputs to apply it to. Files in ARC's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path

from selfstudy.documents.file_bytes import as_text, read_bytes
from selfstudy.documents.strict_json import loads
from selfstudy.tasks.arc.grid import Grid

LARGEST_FILE = 1 << 20
"""Bytes. ARC-AGI-1's largest task has 28,000."""


@dataclass(frozen=True)
class Example:
    """An input with the output that the rule makes of it."""

    input: Grid
    output: Grid


@dataclass(frozen=True)
class Query:
    """An input to apply the rule to; `output` is the right answer, None where it is not known."""

    input: Grid
    output: Grid | None = None


@dataclass(frozen=True)
class Puzzle:
    """One task of ARC. It is solved when all its queries are answered right."""

    id: str
    train: tuple[Example, ...]
    test: tuple[Query, ...]


def read_puzzle(file: Path) -> Puzzle:
    """The puzzle of a task file `{"train": [{"input", "output"}, ...], "test": [{"input"}, ...]}`; its id is its name.

    Raises:
        ValueError: one line with the file, the example ("train 2", counted from 1) and the reason; of what is no JSON,
            `file:line:column: reason`.
    """
    try:
        text = as_text(read_bytes(file, LARGEST_FILE))
    except ValueError as error:
        raise ValueError(f"puzzle: {file} {error}") from error
    try:
        return puzzle_from_json(file.stem, loads(text))
    except JSONDecodeError as error:
        raise ValueError(f"{file}:{error.lineno}:{error.colno}: {error.msg}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def puzzle_from_json(id: str, value: object) -> Puzzle:
    """The puzzle of a parsed task. Raises ValueError that starts at the example or the key."""
    if not isinstance(value, dict):
        raise ValueError('a task is an object with the keys "train" and "test"')
    train = (_example(place, item) for place, item in _items(value, "train"))
    test = (_query(place, item) for place, item in _items(value, "test"))
    return Puzzle(id, tuple(train), tuple(test))


def _items(task: Mapping[str, object], key: str) -> list[tuple[str, Mapping[str, object]]]:
    if key not in task:
        raise ValueError(f'the key "{key}" is missing; give it a list of examples')
    items = task[key]
    if not isinstance(items, list) or not items:
        raise ValueError(f'"{key}" must be a list of at least one example')
    return [(f"{key} {number}", _checked(f"{key} {number}", item)) for number, item in enumerate(items, start=1)]


def _checked(place: str, item: object) -> Mapping[str, object]:
    if not isinstance(item, dict):
        raise ValueError(f'{place}: an example is an object with the keys "input" and "output"')
    for key in item:
        if key not in ("input", "output"):  # a misspelt "output" would pass for an answer that is not known
            raise ValueError(f'{place}: the key {key[:40]!r} is unknown; an example has "input" and "output"')
    return item


def _example(place: str, item: Mapping[str, object]) -> Example:
    return Example(_grid(place, item, "input"), _grid(place, item, "output"))


def _query(place: str, item: Mapping[str, object]) -> Query:
    return Query(_grid(place, item, "input"), _grid(place, item, "output") if "output" in item else None)


def _grid(place: str, item: Mapping[str, object], key: str) -> Grid:
    if key not in item:
        raise ValueError(f'{place}: the key "{key}" is missing')
    try:
        return Grid.from_lists(item[key])
    except ValueError as error:
        raise ValueError(f"{place}, {key}: {error}") from error
