"""Runs the migrations on the connection that the database module hands over."""

from alembic import context

from digitrec.storage.schema import metadata

# SQLite cannot alter a table in place; batch mode copies it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
