"""JSON that all readers understand alike: what Python's lets pass, or stumbles over, is refused with its place."""

from __future__ import annotations

import json
import math
import re
from json import JSONDecodeError

DEEPEST = 100
"""Levels of nesting; Python's own reader ends in a RecursionError somewhere beyond."""

# The possessive quantifiers keep the matching of a string of megabytes from piling up states. A lone quotation mark is
# a string without an end.
_TOKEN = re.compile(
    r"""(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)|(?P<no_end>")"""
    r"""|(?P<constant>NaN|-?Infinity)|(?P<number>-?\d[\d.eE+-]*+)""",
    re.DOTALL,
)


def loads(text: str) -> object:
    """The value of a JSON text.

    Raises:
        JSONDecodeError: no JSON; or a NaN or infinite number, a key twice in one object, nesting beyond `DEEPEST`, half
            of a surrogate pair. Its `msg` says which, its `colno` where.
    """
    _refuse_what_python_accepts(text)
    try:
        value: object = json.loads(text)
    except JSONDecodeError as error:
        raise JSONDecodeError(f"not JSON ({error.msg})", text, error.pos) from error
    return value


def _refuse_what_python_accepts(text: str) -> None:
    keys: list[set[str]] = []
    key: str | None = None
    start = end = 0
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "string":
                key, start, end = _unescaped(token[0]), token.start(), token.end()
                if not key.isascii() and re.search("[\ud800-\udfff]", key):
                    raise JSONDecodeError("half of a surrogate pair, which is no character", text, start)
            case "open":
                keys.append(set())
                if len(keys) > DEEPEST:
                    raise JSONDecodeError(f"nested more than {DEEPEST} levels deep", text, token.start())
            case "close" if keys:
                keys.pop()
            case "colon" if keys and key is not None:
                if key in keys[-1]:
                    raise JSONDecodeError(f"the key {text[start:end]} stands twice in one object", text, start)
                keys[-1].add(key)
                key = None
            case "constant":
                raise JSONDecodeError(f"not JSON ({token[0]} is no number of JSON's)", text, token.start())
            case "number" if _is_infinite(token[0]):
                raise JSONDecodeError("the number is too large", text, token.start())
            case "no_end":
                return  # From here on nothing is what it looks like; `json` says what is wrong.


def _unescaped(string: str) -> str:
    if "\\" not in string:
        return string[1:-1]
    try:
        return str(json.loads(string))
    except JSONDecodeError:
        return string


def _is_infinite(number: str) -> bool:
    try:
        return math.isinf(float(number))
    except ValueError:
        return False
