"""People can be disabled and sign out everywhere; records can move from a guest to who the guest turns out to be."""

from alembic import op

revision = "0003"
down_revision = "0002"

_COLUMNS = ("disabled_at", "signed_out_at")

_SQLITE_TRIGGER = """
    CREATE TRIGGER predictions_moved AFTER UPDATE OF user_id ON predictions WHEN NEW.user_id <> OLD.user_id BEGIN
        UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
        UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
    END
    """

# Once a statement and not once a row: whoever deletes thousands of records would update the same user as often.
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


def upgrade() -> None:
    """Add the columns and the triggers."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    moment = "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME"
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE users ADD COLUMN {column} {moment}")
    for trigger in _POSTGRESQL_TRIGGERS if postgresql else (_SQLITE_TRIGGER,):
        op.execute(trigger)


def downgrade() -> None:
    """Take them away again."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL_TRIGGERS_BEFORE if postgresql else ("DROP TRIGGER predictions_moved",):
        op.execute(statement)
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE users DROP COLUMN {column}")
