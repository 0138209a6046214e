"""Alembic runs this to migrate. The transaction is the caller's: all steps become visible together, or none."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
