"""Users can be disabled and sign out everywhere; predictions can move from a guest to a user."""

from alembic import op

from digitrec.storage.migrations.helpers import COUNT_ON_POSTGRESQL, add_columns, drop_columns, on_postgresql

revision = "0003"
down_revision = "0002"

_COLUMNS = ("disabled_at {time}", "signed_out_at {time}")

_SQLITE_TRIGGER = """
    CREATE TRIGGER predictions_moved AFTER UPDATE OF user_id ON predictions WHEN NEW.user_id <> OLD.user_id BEGIN
        UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
        UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
    END
    """

# Once per statement, not per row: deleting thousands of predictions would update the same user as often.
_COUNT_ONCE = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE users SET total_predictions = total_predictions {sign} changed.records
        FROM (SELECT user_id, count(*) AS records FROM changed GROUP BY user_id) AS changed
        WHERE users.user_id = changed.user_id;
        RETURN NULL;
    END
    $$
    """
_POSTGRESQL_TRIGGERS = (
    "DROP TRIGGER predictions_counted ON predictions",
    "DROP FUNCTION count_predictions()",
    _COUNT_ONCE.format(name="count_added", sign="+"),
    _COUNT_ONCE.format(name="count_deleted", sign="-"),
    """
    CREATE TRIGGER predictions_added AFTER INSERT ON predictions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_added()
    """,
    """
    CREATE TRIGGER predictions_deleted AFTER DELETE ON predictions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_deleted()
    """,
    """
    CREATE FUNCTION move_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
        UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER predictions_moved AFTER UPDATE OF user_id ON predictions
    FOR EACH ROW WHEN (NEW.user_id <> OLD.user_id) EXECUTE FUNCTION move_predictions()
    """,
)
_POSTGRESQL_TRIGGERS_BEFORE = (
    "DROP TRIGGER predictions_moved ON predictions",
    "DROP FUNCTION move_predictions()",
    "DROP TRIGGER predictions_added ON predictions",
    "DROP FUNCTION count_added()",
    "DROP TRIGGER predictions_deleted ON predictions",
    "DROP FUNCTION count_deleted()",
    *COUNT_ON_POSTGRESQL,
)


def upgrade() -> None:
    """Add the columns and the triggers."""
    add_columns("users", *_COLUMNS)
    for statement in _POSTGRESQL_TRIGGERS if on_postgresql() else (_SQLITE_TRIGGER,):
        op.execute(statement)


def downgrade() -> None:
    """Drop the columns, and restore the earlier triggers."""
    for statement in _POSTGRESQL_TRIGGERS_BEFORE if on_postgresql() else ("DROP TRIGGER predictions_moved",):
        op.execute(statement)
    drop_columns("users", *_COLUMNS)
