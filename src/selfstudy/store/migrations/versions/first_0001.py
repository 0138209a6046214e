"""Runs, units of work, versions and the pointer to the current one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(f"PRAGMA application_id = {0x53545559}")
    op.create_table(
        "run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("ended", sa.Text),
        sa.Column("version", sa.Text, sa.ForeignKey("version.name")),
        sa.CheckConstraint("state IN ('running', 'published', 'refused', 'failed', 'abandoned')", "run_state"),
        sa.CheckConstraint("(ended IS NULL) = (state = 'running')", "run_ended"),
    )
    op.create_index("run_unfinished", "run", ["key"], unique=True, sqlite_where=sa.text("state = 'running'"))
    op.create_table(
        "unit",
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
    op.create_index("unit_blob", "unit", ["blob"], sqlite_where=sa.text("blob IS NOT NULL"))
    op.create_table(
        "version",
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
    op.create_table(
        "current",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Text, sa.ForeignKey("version.name")),
        sa.CheckConstraint("id = 1", "current_one_row"),
    )
    op.execute("INSERT INTO current (id, version) VALUES (1, NULL)")
