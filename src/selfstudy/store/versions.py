"""Versions of the learner: appended, never changed, and a pointer to the one that answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import sqlalchemy as sa

from selfstudy.domain.version import Version
from selfstudy.store.blobs import Blobs
from selfstudy.store.codec import checked_text, decode, encode
from selfstudy.store.database import Database, now
from selfstudy.store.schema import current, run
from selfstudy.store.schema import version as table

_NUM_SHOWN = 10


@dataclass(frozen=True)
class Versions:
    """The versions of a store."""

    database: Database
    blobs: Blobs

    def add(self, candidate: Version, expected: str | None) -> Version:
        """Record `candidate` under the next name; if its gate let it through, it becomes the current version.

        `candidate.name` does not count, and `created` is filled in where it is empty. `expected` is the version that
        was current when the work on the candidate began. A run makes one version: called again for a run that made
        one, this returns that one.

        Raises:
            ValueError: another version is current by now, or the parent or the run is unknown; nothing is recorded.
            CorruptBlob: the adapter or the router is not in the store.
            StoreFull: there was no room; nothing is recorded.
        """
        checked_text("the run", candidate.run)
        with self.database.writing() as connection:
            made = connection.scalars(sa.select(table.c.name).where(table.c.run == candidate.run)).one_or_none()
            if made is not None:
                return _get(connection, made)
            self._check(connection, candidate)
            number = connection.scalars(sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))).one() + 1
            version = replace(candidate, name=f"v{number}", created=candidate.created or now())
            try:
                record = encode(Version, version)
            except ValueError as error:
                raise ValueError(f"version {version.name}: it cannot be recorded: {error}") from error
            connection.execute(
                sa.insert(table).values(
                    name=version.name,
                    number=number,
                    parent=version.parent,
                    published=version.gate.published,
                    run=version.run,
                    adapter=version.adapter,
                    router=version.router,
                    created=version.created,
                    record=record,
                )
            )
            connection.execute(sa.update(run).where(run.c.id == version.run).values(version=version.name))
            if version.gate.published:
                _move(connection, version.name, expected)
            return _get(connection, version.name)

    def get(self, name: str) -> Version:
        """The version `name`.

        Raises:
            ValueError: there is none, or it is no version's name.
        """
        with self.database.reading() as connection:
            return _get(connection, name)

    def current(self) -> Version | None:
        """The version that answers; None: the base answers alone."""
        with self.database.reading() as connection:
            name = connection.scalars(sa.select(current.c.version)).one()
            return None if name is None else _get(connection, name)

    def all(self) -> tuple[Version, ...]:
        """Every version, published or refused, oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(table.c.name, table.c.record).order_by(table.c.number))
            return tuple(_read(name, record) for name, record in rows)

    def point(self, name: str | None, expected: str | None) -> None:
        """Make `name` the current version (None: the base alone) if `expected` is the current one.

        Raises:
            ValueError: it is not, or `name` is unknown or was refused.
            StoreFull: there was no room; the pointer stays.
        """
        with self.database.writing() as connection:
            if name is not None and not _get(connection, name).gate.published:
                raise ValueError(f"version {name} was refused by its gate and cannot become the current one")
            _move(connection, name, expected)

    def _check(self, connection: sa.Connection, candidate: Version) -> None:
        if candidate.parent is not None:
            _get(connection, candidate.parent)
        if connection.scalars(sa.select(run.c.id).where(run.c.id == candidate.run)).one_or_none() is None:
            raise ValueError(f"run {candidate.run!r:.80} is not in this store; begin it before it makes a version")
        for sha in (candidate.adapter, candidate.router):
            self.blobs.check_there(sha)


def _get(connection: sa.Connection, name: str) -> Version:
    if not re.fullmatch("v[0-9]+", name):
        raise ValueError(f"{name!r:.80} is no version's name: those are v1, v2, and so on")
    record = connection.scalars(sa.select(table.c.record).where(table.c.name == name)).one_or_none()
    if record is None:
        newest = sa.select(table.c.name).order_by(table.c.number.desc()).limit(_NUM_SHOWN)
        known = list(connection.scalars(newest))[::-1]
        raise ValueError(
            f"there is no version {name:.80}; " + (f"known: {', '.join(known)}" if known else "none was made yet")
        )
    return _read(name, record)


def _read(name: str, record: str) -> Version:
    try:
        return decode(Version, record)
    except ValueError as error:
        raise ValueError(
            f"version {name}: its record does not fit this selfstudy ({error}); "
            "use the selfstudy that recorded it, or another --home"
        ) from error


def _move(connection: sa.Connection, name: str | None, expected: str | None) -> None:
    """Compare and set, inside the caller's transaction."""
    found = connection.scalars(sa.select(current.c.version)).one()
    if found != expected:
        raise ValueError(
            f"the current version is {found or 'the base'}, no longer {expected or 'the base'}: "
            "it was changed meanwhile; look at it and give the command again"
        )
    connection.execute(sa.update(current).values(version=name))
