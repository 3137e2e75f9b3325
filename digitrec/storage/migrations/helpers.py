"""Helpers that several migrations share."""

import sqlalchemy as sa
from alembic import op

ACTIVITIES = (
    *("login", "logout", "draw", "upload_image", "camera", "view_profile", "view_history", "view_analytics"),
    *("correct", "export", "delete"),
)
"""The kinds of activities up to revision 0005."""
COUNT_ON_POSTGRESQL = (
    """
    CREATE FUNCTION count_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
        ELSE
            UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER predictions_counted AFTER INSERT OR DELETE ON predictions
    FOR EACH ROW EXECUTE FUNCTION count_predictions()
    """,
)
"""The trigger that counts each user's predictions in revision 0002."""


def on_postgresql() -> bool:
    """Return whether the database is PostgreSQL, rather than SQLite."""
    return op.get_bind().dialect.name == "postgresql"


def add_columns(table: str, *columns: str) -> None:
    """Add columns to a table; ``{time}`` stands for the type of a point in time."""
    # Plain statements: SQLite's batch mode would drop and recreate the table, and dropping users deletes their
    # predictions.
    time = "TIMESTAMP WITH TIME ZONE" if on_postgresql() else "DATETIME"
    for column in columns:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(time=time)}")


def drop_columns(table: str, *columns: str) -> None:
    """Drop columns of a table, given as in ``add_columns``."""
    for column in reversed(columns):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")


def user_id(table: str) -> sa.Column[int]:
    """Return the column of a table that refers to the user."""
    user = sa.ForeignKey("users.user_id", ondelete="CASCADE", name=f"fk_{table}_user_id")
    return sa.Column("user_id", sa.Integer, user, nullable=False)


def create_activity_logs(check: str, activities: tuple[str, ...]) -> None:
    """Create the table ``activity_logs`` with its indexes; the constraint ``check`` limits the kinds of activities."""
    op.create_table(
        "activity_logs",
        sa.Column("log_id", sa.Integer, primary_key=True),
        user_id("activity_logs"),
        sa.Column("activity_type", sa.String(20), nullable=False),
        sa.Column("description", sa.String(500)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"activity_type IN {activities}", name=check),
    )
    op.create_index("ix_activity_logs_created_at", "activity_logs", ["created_at"])
    op.create_index("ix_activity_logs_user_id_created_at", "activity_logs", ["user_id", "created_at"])
