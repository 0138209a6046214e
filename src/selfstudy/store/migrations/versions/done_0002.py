"""A run that ends without a version to publish, such as a reproduction, ends as done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # SQLite has no way to change a check, so that the table is made anew. Foreign keys stay in force and are only asked
    # at the end: each row that comes back under its id settles those that named it. Runs keep their order, the rowid's.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE run_0001 AS SELECT * FROM run ORDER BY rowid")
    op.drop_table("run")
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
        sa.CheckConstraint("state IN ('running', 'published', 'done', 'refused', 'failed', 'abandoned')", "run_state"),
        sa.CheckConstraint("(ended IS NULL) = (state = 'running')", "run_ended"),
    )
    op.create_index("run_unfinished", "run", ["key"], unique=True, sqlite_where=sa.text("state = 'running'"))
    op.execute("INSERT INTO run SELECT * FROM run_0001 ORDER BY rowid")
    op.drop_table("run_0001")
    # Until now a reproduction could only end as published.
    op.execute("UPDATE run SET state = 'done' WHERE state = 'published' AND command LIKE 'reproduce %'")
