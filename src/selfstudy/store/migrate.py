"""Brings a database to the schema of this program, in one transaction."""

from __future__ import annotations

import sqlalchemy as sa

from selfstudy.store.database import Database
from selfstudy.store.errors import DATABASE
from selfstudy.store.schema import APPLICATION_ID, REVISION

SCRIPTS = "selfstudy.store:migrations"


def bring_up_to_date(database: Database, scripts: str = SCRIPTS, newest: str = REVISION) -> None:
    """Make the tables in an empty database, or the changes that an older one lacks; all of it or nothing.

    `scripts` is the folder of migrations as Alembic names it, `newest` the last of them.

    Raises:
        ValueError: the file holds another program's tables, or a schema that a newer selfstudy made.
        StoreFull: there was no room.
    """
    with database.reading() as connection:
        if _revision(database, connection) == newest:
            return
    with database.writing() as connection:
        # Asked again: another process may have migrated meanwhile.
        found = _revision(database, connection)
        if found != newest:
            _upgrade(database, connection, found, scripts, newest)


def _revision(database: Database, connection: sa.Connection) -> str | None:
    """The database's schema, None if it is empty."""
    mark = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if (mark, tables) == (0, 0):
        return None
    if mark != APPLICATION_ID:
        raise ValueError(f"{database.folder / DATABASE} is another program's database; choose another --home")
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def _upgrade(database: Database, connection: sa.Connection, found: str | None, scripts: str, newest: str) -> None:
    # Imported here because it takes a third of a second, and a store is made or migrated but rarely.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", scripts)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ValueError(
            f"{database.folder / DATABASE} has schema {found}, and this selfstudy knows those up to {newest}: "
            "a newer one made it. Update selfstudy, or choose another --home"
        )
    command.upgrade(config, newest)
