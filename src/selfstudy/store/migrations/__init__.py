"""How the database came to its schema, one file a step; Alembic runs those that a store lacks."""
