"""Runs: a command on inputs under settings, which can be taken up again where it stopped."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa

from selfstudy.domain.identity import content_hash
from selfstudy.store.codec import checked_text, json_texts
from selfstudy.store.database import Database, now
from selfstudy.store.schema import run as table

State = Literal["running", "published", "done", "refused", "failed", "abandoned"]
End = Literal["published", "done", "refused", "failed"]
"""`published` and `refused` are said of the version that a run made; one that makes none ends as `done`."""


@dataclass(frozen=True)
class Run:
    """One run. `resumed`: it was begun earlier and is taken up again.

    `version` is the version it made. If a resumed run has one, all its work is done and only its end is missing.
    """

    id: str
    key: str
    command: str
    inputs: Mapping[str, object]
    settings: Mapping[str, object]
    state: State
    started: str
    ended: str | None
    version: str | None
    resumed: bool = False


@dataclass(frozen=True)
class Runs:
    """The runs of a store."""

    database: Database

    def begin(
        self, command: str, inputs: Mapping[str, object], settings: Mapping[str, object], *, fresh: bool = False
    ) -> Run:
        """The unfinished run of `command` on `inputs` under the same `settings`, else a new one.

        `inputs` says what the run is about, `settings` how it is done; both hold JSON values. Call it under the
        learning lock, so that an unfinished run is one that stopped. `fresh` gives such a run up and begins anew.

        Raises:
            ValueError: the unfinished run has other settings, or a value is no JSON.
            StoreFull: there was no room.
        """
        checked_text("the command", command)
        given, wanted = json_texts("input", inputs), json_texts("setting", settings)
        key = content_hash("run", command, _object(given))
        unfinished = (table.c.key == key) & (table.c.state == "running")
        with self.database.writing() as connection:
            row = connection.execute(sa.select(table).where(unfinished)).one_or_none()
            if row is not None and not fresh:
                found = _run(row)
                _check_same(command, json_texts("setting", found.settings), wanted)
                return replace(found, resumed=True)
            connection.execute(sa.update(table).where(unfinished).values(state="abandoned", ended=now()))
            values = {
                "id": uuid.uuid4().hex,
                "key": key,
                "command": command,
                "inputs": _object(given),
                "settings": _object(wanted),
                "state": "running",
                "started": now(),
            }
            connection.execute(sa.insert(table).values(values))
            return _run(connection.execute(sa.select(table).where(table.c.id == values["id"])).one())

    def finish(self, run: Run, state: End, version: str | None = None) -> Run:
        """End `run`, with the version it made if it made one.

        Raises:
            ValueError: the run has ended already.
            StoreFull: there was no room.
        """
        with self.database.writing() as connection:
            now_is = _run(connection.execute(sa.select(table).where(table.c.id == run.id)).one())
            if now_is.state != "running":
                raise ValueError(f"run {run.id} cannot end as {state}: it has ended as {now_is.state}")
            ended = replace(now_is, state=state, ended=now(), version=version or now_is.version)
            change = sa.update(table).where(table.c.id == run.id)
            connection.execute(change.values(state=ended.state, ended=ended.ended, version=ended.version))
            return ended

    def all(self) -> tuple[Run, ...]:
        """Every run, in the order in which they began."""
        with self.database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(sa.select(table).order_by(sa.literal_column("rowid"))))


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    columns = dict(row._mapping)
    return Run(**columns | {name: json.loads(columns[name]) for name in ("inputs", "settings")})


def _object(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {text}" for key, text in texts.items()) + "}"


def _check_same(command: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    changes = [
        f"{key} was {old.get(key, 'not given')!s:.80}, now {new.get(key, 'not given')!s:.80}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    if changes:
        raise ValueError(
            f"{command}: a run on the same inputs is unfinished, and its settings differ: {'; '.join(changes)}. "
            "The same settings go on with it, --fresh starts anew"
        )
