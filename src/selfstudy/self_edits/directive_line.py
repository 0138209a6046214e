"""A line of text to update directives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from selfstudy.domain.directives import Directives

_KINDS: dict[str, tuple[Callable[[str], Any], str]] = {
    "learning rate": (float, "a number"),
    "epochs": (int, "a whole number"),
    "rule": (str.lower, "a word"),
}
_PART = re.compile(rf"\s*({'|'.join(_KINDS)})\s*[:=]\s*(\S+)\s*", re.IGNORECASE)


def read_directives(line: str) -> Directives:
    """The directives of a line such as "learning rate: 0.001, epochs: 5, rule: sft"; any of them, in any order.

    Raises:
        ValueError: something in it is none, stands there twice or is out of bounds; one line that says which.
    """
    asked: dict[str, Any] = {}
    for part in line.strip().rstrip(".,").split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"directives: {part.strip()!r:.60} is none of {', '.join(_KINDS)} with a value")
        name, value = match[1].lower(), match[2]
        if name in asked:
            raise ValueError(f"directives: {name} stands there twice")
        read, kind = _KINDS[name]
        try:
            asked[name] = read(value)
        except ValueError as error:
            raise ValueError(f"directives: {name} {value!r:.60} is not {kind}") from error
    return Directives(**{name.replace(" ", "_"): value for name, value in asked.items()})
