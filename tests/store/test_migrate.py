"""Schemas: the tables in the code are those on disk, and an older store is migrated whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from selfstudy.store.migrate import bring_up_to_date
from selfstudy.store.open import open_store
from selfstudy.store.schema import METADATA, REVISION

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
    for number, more in enumerate(steps, start=2):
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


def test_an_older_store_is_migrated_with_what_it_holds(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = open_store(home)
    run = store.runs.begin("learn", {}, {})
    bring_up_to_date(store.database, scripts(tmp_path / "steps", "", ""), "0003")
    assert schema_of(home) == "0003"
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id, note_0002, note_0003 FROM run").all()
    assert [tuple(row) for row in rows] == [(run.id, "carried over", "carried over")]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = open_store(home)
    before = columns(home)
    with pytest.raises(RuntimeError, match="in the last step"):
        bring_up_to_date(
            store.database, scripts(tmp_path / "steps", "", "raise RuntimeError('in the last step')"), "0003"
        )
    assert columns(home) == before
    assert schema_of(home) == "0001"
    assert open_store(home).runs.begin("learn", {}, {})
