"""The journal on disk: what was done once is read from here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from selfstudy.store.blobs import Blobs
from selfstudy.store.codec import checked_text, decode, encode
from selfstudy.store.database import Database, now
from selfstudy.store.schema import unit

T = TypeVar("T")


@dataclass(frozen=True)
class Unit:
    """A recorded unit of work: its value as JSON text or its blob's name, the run that did it, and how long it took."""

    kind: str
    key: str
    run: str | None
    value: str | None
    blob: str | None
    seconds: float
    created: str

    def read(self, shape: type[T]) -> T:
        """The value.

        Raises:
            ValueError: it is a blob, or of another shape than `shape`; names kind and key.
        """
        if self.value is None:
            raise self._misfit("it is a blob")
        try:
            return decode(shape, self.value)
        except ValueError as error:
            raise self._misfit(str(error)) from error

    def _misfit(self, reason: str) -> ValueError:
        return ValueError(
            f"{self.kind} {self.key}: what is recorded does not fit this selfstudy ({reason}); "
            "use the selfstudy that recorded it, or another --home"
        )


@dataclass(frozen=True)
class StoreJournal:
    """`domain.journal.Journal` in a store. What it records is marked as the work of `run` (None: of no run).

    What is recorded serves every run: the key says all that decides on the result.
    """

    database: Database
    blobs: Blobs
    run: str | None = None

    def once(self, kind: str, key: str, shape: type[T], make: Callable[[], T]) -> T:
        """What is recorded under `kind` and `key`, else what `make` gives, as it reads back from the record.

        If another process recorded the same unit meanwhile, its result is returned.

        Raises:
            ValueError: what is recorded is of another shape, or what `make` gave cannot be recorded; it names both.
            StoreFull: there was no room; the unit is not recorded.
        """
        recorded = self._recorded(kind, key)
        if recorded is None:
            began = time.perf_counter()
            made = make()
            seconds = time.perf_counter() - began
            try:
                value = encode(shape, made)
                decode(shape, value)
            except ValueError as error:
                raise ValueError(f"{kind} {key}: the result cannot be recorded: {error}") from error
            recorded = self._record(kind, key, seconds, value=value)
        return recorded.read(shape)

    def once_bytes(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        """The same for a blob.

        Raises:
            CorruptBlob: the recorded blob is missing or damaged.
            ValueError: what is recorded is no blob; names kind and key.
            StoreFull: there was no room; the unit is not recorded.
        """
        recorded = self._recorded(kind, key)
        if recorded is None:
            began = time.perf_counter()
            made = make()
            seconds = time.perf_counter() - began
            with self.blobs.unswept():
                recorded = self._record(kind, key, seconds, blob=self.blobs.put(made))
        if recorded.blob is None:
            raise ValueError(f"{kind} {key}: what is recorded is a value, no blob")
        return self.blobs.get(recorded.blob)

    def units(self, kind: str, run: str | None = None) -> tuple[Unit, ...]:
        """What is recorded under `kind`, by any run or by `run`, in the order of recording."""
        query = sa.select(unit).where(unit.c.kind == kind).order_by(sa.literal_column("rowid"))
        if run is not None:
            query = query.where(unit.c.run == run)
        with self.database.reading() as connection:
            return tuple(Unit(*row) for row in connection.execute(query))

    def _recorded(self, kind: str, key: str) -> Unit | None:
        checked_text("the kind", kind)
        checked_text("the key", key)
        with self.database.reading() as connection:
            return _find(connection, kind, key)

    def _record(
        self, kind: str, key: str, seconds: float, *, value: str | None = None, blob: str | None = None
    ) -> Unit:
        """What now stands in the record: this, or what another process was first to write."""
        mine = Unit(kind, key, self.run, value, blob, seconds, now())
        with self.database.writing() as connection:
            connection.execute(
                sqlite.insert(unit).values(vars(mine)).on_conflict_do_nothing(index_elements=["kind", "key"])
            )
            return _find(connection, kind, key) or mine


def _find(connection: sa.Connection, kind: str, key: str) -> Unit | None:
    row = connection.execute(sa.select(unit).where(unit.c.kind == kind, unit.c.key == key)).one_or_none()
    return None if row is None else Unit(*row)
