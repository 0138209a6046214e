"""A journal that begins no new work once its time is up, so that a run stops between two pieces of work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from selfstudy.domain.journal import Journal

T = TypeVar("T")


class OutOfTime(Exception):
    """The time is up; what was done is on record."""


@dataclass(frozen=True)
class TimedJournal:
    """`journal` until the monotonic clock shows `until`; what is on record is read at any time."""

    journal: Journal
    until: float

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        return self.journal.once(kind, key, shape, self._in_time(make))

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return self.journal.once_bytes(kind, key, self._in_time(make))

    def _in_time(self, make: Callable[[], T]) -> Callable[[], T]:
        def made() -> T:
            if time.monotonic() >= self.until:
                raise OutOfTime
            return make()

        return made
