"""Alembic's entry for every room: uses the connection and history table that `storage.migrations` hands over."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["history"],
    transactional_ddl=False,  # the caller's transaction holds all steps; Alembic must not commit in between
)
context.run_migrations()
