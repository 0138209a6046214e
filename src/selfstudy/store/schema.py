"""The tables as the code knows them. What makes them on disk are the migrations; a test holds both together."""

from __future__ import annotations

import sqlalchemy as sa

REVISION = "0002"
"""The newest migration; a store at this one is opened without more ado."""

APPLICATION_ID = 0x53545559
"""Marks an SQLite file as a store's database ("STUY")."""

METADATA = sa.MetaData()

run = sa.Table(
    "run",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("ended", sa.Text),
    sa.Column("version", sa.Text, sa.ForeignKey("version.name")),
    sa.CheckConstraint("state IN ('running', 'published', 'done', 'refused', 'failed', 'abandoned')", "run_state"),
    sa.CheckConstraint("(ended IS NULL) = (state = 'running')", "run_ended"),
)
sa.Index("run_unfinished", run.c.key, unique=True, sqlite_where=run.c.state == "running")

unit = sa.Table(
    "unit",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("run", sa.Text, sa.ForeignKey("run.id")),
    sa.Column("value", sa.Text),
    sa.Column("blob", sa.Text),
    sa.Column("seconds", sa.REAL, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.CheckConstraint("(value IS NULL) <> (blob IS NULL)", "unit_value_or_blob"),
    sa.CheckConstraint("typeof(seconds) = 'real'", "unit_seconds"),
)
sa.Index("unit_blob", unit.c.blob, sqlite_where=unit.c.blob.isnot(None))

version = sa.Table(
    "version",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("parent", sa.Text, sa.ForeignKey("version.name")),
    sa.Column("published", sa.Boolean, nullable=False),
    sa.Column("run", sa.Text, sa.ForeignKey("run.id"), nullable=False, unique=True),
    sa.Column("adapter", sa.Text, nullable=False),
    sa.Column("router", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)

current = sa.Table(
    "current",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.Text, sa.ForeignKey("version.name")),
    sa.CheckConstraint("id = 1", "current_one_row"),
)
