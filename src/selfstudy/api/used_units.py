"""What units of the journal a piece of work took, so that its cost is known though earlier runs did some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from selfstudy.domain.journal import Journal
from selfstudy.store.journal import StoreJournal

T = TypeVar("T")


@dataclass(frozen=True)
class UsedUnits:
    """`journal`, which also keeps what it was asked for: (kind, key) of each unit, once, in order."""

    journal: Journal
    used: dict[tuple[str, str], None] = field(default_factory=dict)

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        self.used[kind, key] = None
        return self.journal.once(kind, key, shape, make)

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        self.used[kind, key] = None
        return self.journal.once_bytes(kind, key, make)

    def seconds(self, record: StoreJournal) -> float:
        """What they took when they were done, by this run or another; `record` is where `journal` keeps them."""
        return sum(
            unit.seconds
            for kind in dict.fromkeys(kind for kind, _ in self.used)
            for unit in record.units(kind)
            if (kind, unit.key) in self.used
        )
