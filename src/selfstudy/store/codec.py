"""Values to JSON text and back: frozen dataclasses, tuples, mappings, texts, and numbers with infinities and NaN."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from functools import cache
from types import GenericAlias
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

T = TypeVar("T")

_HALF = "half a character (a lone surrogate), which is not Unicode; replace or remove it"


def encode(shape: type[T], value: T) -> str:
    """`value` as JSON text that `decode` reads back as an equal value of `shape`.

    Where `shape` says no more than `object`, only what JSON knows comes back equal: a tuple comes back as a list.

    Raises:
        ValueError: a text is not Unicode, or something in `value` has no JSON form.
    """
    try:
        # What does not fit is found by reading it back, which lets an int stand for a float as Python does. The text is
        # not left to pydantic, which puts other characters for what is not Unicode in a mapping's keys.
        return _json_text(_adapter(cast(Any, shape)).dump_python((value,), warnings="none", fallback=_plain))
    except (PydanticSerializationError, TypeError) as error:
        raise ValueError(str(error)) from error


def decode(shape: type[T], text: str) -> T:
    """The value that `encode` made `text` of.

    Raises:
        ValueError: `text` is of another shape; it names the first place and what was expected there.
    """
    try:
        value: T = _adapter(cast(Any, shape)).validate_json(text)[0]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from error
    return value


def json_texts(what: str, values: Mapping[str, object]) -> dict[str, str]:
    """Each value as canonical JSON text, in the order of the keys.

    Raises:
        ValueError: a value has no JSON form, or a text is not Unicode; it names `what` and the key.
    """
    texts = {}
    for key in sorted(values):
        checked_text(f"the {what}", key)
        try:
            texts[key] = _json_text(values[key], canonical=True)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{what} {key!r:.80}: {error}") from error
    return texts


def checked_text(what: str, text: str) -> str:
    """`text`, which can be stored.

    Raises:
        ValueError: it is not Unicode; `what` names it.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} {text!r:.80} holds {_HALF}") from error
    return text


def _json_text(value: object, *, canonical: bool = False) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=canonical, separators=(",", ":"), default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a text in it holds {_HALF}") from error
    return text


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        # In one order, whatever order the process has the set in.
        return sorted(value, key=repr)
    raise TypeError(f"what is of type {type(value).__name__} has no JSON form")


@cache
def _adapter(shape: Any) -> TypeAdapter[tuple[Any]]:
    # In a tuple of one, because a dataclass on top takes no settings from here.
    single: Any = GenericAlias(tuple, (shape,))
    return TypeAdapter(single, config=ConfigDict(strict=True, extra="forbid"))
