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
_BETWEEN = re.compile(r"[,;.](?=\s|$)")
_PART = re.compile(rf"\s*({'|'.join(_KINDS)})\s*[:=]\s*(.*?)\s*", re.IGNORECASE)


def read_directives(line: str) -> tuple[Directives, str]:
    """The directives at the beginning of a line, such as "learning rate: 0.001, epochs: 5, rule: sft", any of them in
    any order; and the text that follows them there.

    Raises:
        ValueError: there are none, or one has no value, stands there twice or is out of bounds; says which.
    """
    asked: dict[str, Any] = {}
    while match := _PART.fullmatch(part := _BETWEEN.split(line, maxsplit=1)[0]):
        name, value = match[1].lower(), match[2]
        if name in asked:
            raise ValueError(f"directives: {name} stands there twice")
        read, kind = _KINDS[name]
        try:
            asked[name] = read(value)
        except ValueError as error:
            raise ValueError(f"directives: {name} {value!r:.60} is not {kind}") from error
        line = line[len(part) + 1 :]
    if not asked:
        raise ValueError(f"directives: {line.strip()!r:.60} begins with none of {', '.join(_KINDS)}")
    return Directives(**{name.replace(" ", "_"): value for name, value in asked.items()}), line.strip()
