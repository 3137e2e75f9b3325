"""People can be disabled, and records can move from a guest to the person the guest turns out to be."""

from alembic import op

revision = "0003"
down_revision = "0002"

_SQLITE_TRIGGER = """
    CREATE TRIGGER predictions_moved AFTER UPDATE OF user_id ON predictions WHEN NEW.user_id <> OLD.user_id BEGIN
        UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
        UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
    END
    """

_POSTGRESQL_TRIGGERS = (
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


def upgrade() -> None:
    """Add the column and the triggers."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    moment = "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME"
    op.execute(f"ALTER TABLE users ADD COLUMN disabled_at {moment}")
    for trigger in _POSTGRESQL_TRIGGERS if postgresql else (_SQLITE_TRIGGER,):
        op.execute(trigger)


def downgrade() -> None:
    """Take them away again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER predictions_moved ON predictions")
        op.execute("DROP FUNCTION move_predictions()")
    else:
        op.execute("DROP TRIGGER predictions_moved")
    op.execute("ALTER TABLE users DROP COLUMN disabled_at")
