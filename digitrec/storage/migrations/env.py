"""Runs the migrations on the connection of the database module."""

from alembic import context

from digitrec.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
