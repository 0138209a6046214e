"""Schemas: the tables in the code are those on disk, and an older store is migrated whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from selfstudy.store.blobs import Blobs
from selfstudy.store.database import connect
from selfstudy.store.fail import no_failure
from selfstudy.store.journal import StoreJournal
from selfstudy.store.migrate import bring_up_to_date
from selfstudy.store.open import open_store
from selfstudy.store.runs import Runs
from selfstudy.store.schema import METADATA, REVISION
from selfstudy.store.store import Store
from selfstudy.store.versions import Versions
from tests.store.small import candidate

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("run", sa.Column("note_{revision}", sa.Text))
    op.execute("UPDATE run SET note_{revision} = 'carried over'")
    {more}
"""


def scripts(folder: Path, *steps: str) -> str:
    """The package's migrations, and further ones that run `steps` at their end."""
    source = Path(str(files("selfstudy.store"))) / "migrations"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for number, more in enumerate(steps, start=int(REVISION) + 1):
        text = STEP.format(revision=f"{number:04}", before=f"{number - 1:04}", more=more)
        (folder / "versions" / f"step_{number:04}.py").write_text(text, encoding="utf-8")
    return str(folder)


def columns(home: Path) -> list[str]:
    connection = sqlite3.connect(home / "selfstudy.db")
    found = [row[1] for row in connection.execute("PRAGMA table_info(run)")]
    connection.close()
    return found


def schema_of(home: Path) -> str:
    connection = sqlite3.connect(home / "selfstudy.db")
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(found)


@pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")  # a run and its version name each other
def test_the_code_s_tables_are_those_on_disk(tmp_path: Path) -> None:
    with open_store(tmp_path).database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        on_disk = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%WHERE%'").scalars())
    assert on_disk == {"run_unfinished", "unit_blob"}
    assert schema_of(tmp_path) == REVISION


def after(steps: int) -> str:
    """The schema that so many further steps lead to."""
    return f"{int(REVISION) + steps:04}"


def test_an_older_store_is_migrated_with_what_it_holds(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = open_store(home)
    run = store.runs.begin("learn", {}, {})
    bring_up_to_date(store.database, scripts(tmp_path / "steps", "", ""), after(2))
    assert schema_of(home) == after(2)
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql(f"SELECT id, note_{after(1)}, note_{after(2)} FROM run").all()
    assert [tuple(row) for row in rows] == [(run.id, "carried over", "carried over")]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = open_store(home)
    before = columns(home)
    with pytest.raises(RuntimeError, match="in the last step"):
        bring_up_to_date(
            store.database, scripts(tmp_path / "steps", "", "raise RuntimeError('in the last step')"), after(2)
        )
    assert columns(home) == before
    assert schema_of(home) == REVISION
    assert open_store(home).runs.begin("learn", {}, {})


def test_reproductions_of_a_first_store_are_done_and_all_else_is_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    database = connect(home, no_failure)
    bring_up_to_date(database, newest="0001")
    (home / "blobs").mkdir()
    first = Store(home, database, (blobs := Blobs(home, no_failure)), StoreJournal(database, blobs), Runs(database),
                  Versions(database, blobs))  # fmt: skip
    made = first.versions.add(candidate(first), None)
    learned = next(run for run in first.runs.all() if run.id == made.run)
    first.runs.finish(learned, "published")
    begun = [first.runs.begin(f"reproduce {task}", {"n": n}, {}) for n, task in enumerate(("squad", "reward", "squad"))]
    first.runs.finish(begun[0], "published")
    first.runs.finish(begun[1], "failed")
    first.journal_for(begun[2]).once("trials", "k", int, lambda: 3)
    before = first.runs.all()
    with pytest.raises(IntegrityError, match="run_state"):
        first.runs.finish(begun[2], "done")

    with open_store(home) as store:
        assert schema_of(home) == REVISION
        found = store.runs.all()
        assert [run.state for run in found] == ["published", "done", "failed", "running"]
        assert found == tuple(replace(run, state=now.state) for run, now in zip(before, found, strict=True))
        assert store.versions.all() == (made,)
        assert store.versions.current() == made
        (unit,) = store.journal.units("trials", begun[2].id)
        assert unit.read(int) == 3
        assert store.runs.begin("reproduce squad", {"n": 2}, {}).id == begun[2].id
        assert store.runs.finish(begun[2], "done").state == "done"
        with store.database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
            assert set(tables) == {*METADATA.tables, "alembic_version"}
