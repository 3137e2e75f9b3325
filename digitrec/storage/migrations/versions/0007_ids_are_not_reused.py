"""In SQLite, as in PostgreSQL, the ID of a deleted row isn't given to a new one."""

from alembic import op

from digitrec.storage.migrations.helpers import on_postgresql

revision = "0007"
down_revision = "0006"

_IDS = {"users": "user_id", "predictions": "prediction_id", "api_keys": "key_id"}
_KEY, _NEVER_REUSED = "PRIMARY KEY ({0})", "PRIMARY KEY ({0} AUTOINCREMENT)"


def upgrade() -> None:
    """Let SQLite remember the highest ID of each table."""
    if on_postgresql():
        return
    _replace_keys(_KEY, _NEVER_REUSED)
    for table, column in _IDS.items():
        op.execute(f"INSERT INTO sqlite_sequence SELECT '{table}', coalesce(max({column}), 0) FROM {table}")


def downgrade() -> None:
    """Give IDs of deleted rows to new ones again."""
    if not on_postgresql():
        _replace_keys(_NEVER_REUSED, _KEY)
        op.execute("DELETE FROM sqlite_sequence")


def _replace_keys(before: str, after: str) -> None:
    # SQLite can't change a primary key. Copying a million predictions to a new table would take half a minute, and
    # dropping the old table of users would delete their predictions. The format of a row is the same with and without
    # AUTOINCREMENT, so changing the definition is enough (https://sqlite.org/lang_altertable.html, section 7).
    op.execute("CREATE TABLE with_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")  # Creates sqlite_sequence.
    op.execute("PRAGMA writable_schema = ON")
    for table, column in _IDS.items():
        keys = f"'{before.format(column)}', '{after.format(column)}'"
        op.execute(f"UPDATE sqlite_master SET sql = replace(sql, {keys}) WHERE type = 'table' AND name = '{table}'")
    op.execute("DROP TABLE with_sequence")  # Other connections notice that the schema has changed.
    op.execute("PRAGMA writable_schema = RESET")
