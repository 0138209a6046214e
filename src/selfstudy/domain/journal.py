"""Where work is recorded as it is done, so that what was done is not done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Journal(Protocol):
    """Units of work under a kind and a key; the key is a content hash over all that decides on the result."""

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        """What is recorded under `kind` and `key`, else what `make` gives, which is on disk before this returns.

        `shape` is the type of the result: frozen dataclasses of the domain, tuples, mappings, texts and numbers.
        """

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        """The same for a blob, such as an adapter's file."""


class Unrecorded:
    """A journal that keeps nothing: all work is done."""

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        return make()

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return make()
