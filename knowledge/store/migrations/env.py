"""Alembic's entry: uses the connection and history table that `storage.migrations` hands over."""

from alembic import context

from knowledge.store.tables import metadata

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    version_table=attributes["history"],
    transactional_ddl=False,  # the caller's transaction holds all steps; Alembic must not commit in between
)
context.run_migrations()
