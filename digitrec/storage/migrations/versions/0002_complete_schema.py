"""Activities, labels, strokes and the remaining columns; indexes, triggers and views."""

from alembic import op

from digitrec.storage.migrations import helpers

revision = "0002"
down_revision = "0001"

_COLUMNS = {
    "users": (
        "profile_picture_url VARCHAR(1000)",
        "total_predictions INTEGER NOT NULL DEFAULT 0"
        " CONSTRAINT ck_users_total_predictions CHECK (total_predictions >= 0)",
        "last_login {time}",
    ),
    "predictions": (
        "image_filename VARCHAR(255)",
        "mode VARCHAR(10) NOT NULL DEFAULT 'digit' CONSTRAINT ck_predictions_mode CHECK (mode IN ('digit', 'number'))",
        "reason VARCHAR(20)",
        "strokes JSON",
        "model_version VARCHAR(100)",
        "true_label VARCHAR(100)",
    ),
}

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER predictions_added AFTER INSERT ON predictions BEGIN
        UPDATE users SET total_predictions = total_predictions + 1 WHERE user_id = NEW.user_id;
    END
    """,
    """
    CREATE TRIGGER predictions_deleted AFTER DELETE ON predictions BEGIN
        UPDATE users SET total_predictions = total_predictions - 1 WHERE user_id = OLD.user_id;
    END
    """,
)

_CONFIDENCE = "CAST(avg(confidence) AS DOUBLE PRECISION)"
_SHOWS_DIGIT = "verdict IN ('digit', 'unsure')"


def upgrade() -> None:
    """Add what is missing, and count the predictions that each user already has."""
    for table, columns in _COLUMNS.items():
        helpers.add_columns(table, *columns)
    op.create_index("ix_predictions_user_id", "predictions", ["user_id"])
    op.create_index("ix_predictions_created_at", "predictions", ["created_at"])
    helpers.create_activity_logs("ck_activity_logs_activity_type", helpers.ACTIVITIES)
    op.execute(
        "UPDATE users SET total_predictions ="
        " (SELECT count(*) FROM predictions WHERE predictions.user_id = users.user_id)"
    )
    for trigger in helpers.COUNT_ON_POSTGRESQL if helpers.on_postgresql() else _SQLITE_TRIGGERS:
        op.execute(trigger)
    day = "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')" if helpers.on_postgresql() else "date(created_at)"
    op.execute(
        f"""
        CREATE VIEW user_statistics AS
        SELECT users.user_id, google_id, name, total_predictions,
            count(CASE WHEN verdict = 'digit' THEN 1 END) AS digits,
            count(CASE WHEN verdict = 'unsure' THEN 1 END) AS unsure,
            count(CASE WHEN verdict = 'not_a_digit' THEN 1 END) AS not_digits,
            count(true_label) AS corrected,
            {_CONFIDENCE} AS average_confidence,
            max(predictions.created_at) AS last_prediction
        FROM users LEFT JOIN predictions ON predictions.user_id = users.user_id
        GROUP BY users.user_id, google_id, name, total_predictions
        """
    )
    op.execute(
        f"""
        CREATE VIEW daily_analytics AS
        SELECT {day} AS day, count(DISTINCT user_id) AS unique_users, count(*) AS predictions,
            {_CONFIDENCE} AS average_confidence, avg(processing_time_ms) AS average_processing_time_ms
        FROM predictions GROUP BY {day}
        """
    )
    op.execute(
        f"""
        CREATE VIEW popular_labels AS
        SELECT predicted_label AS label, count(*) AS predictions, {_CONFIDENCE} AS average_confidence
        FROM predictions WHERE mode = 'digit' AND {_SHOWS_DIGIT} GROUP BY predicted_label
        """
    )


def downgrade() -> None:
    """Drop all of it."""
    for view in ("popular_labels", "daily_analytics", "user_statistics"):
        op.execute(f"DROP VIEW {view}")
    if helpers.on_postgresql():
        op.execute("DROP TRIGGER predictions_counted ON predictions")
        op.execute("DROP FUNCTION count_predictions()")
    else:
        op.execute("DROP TRIGGER predictions_added")
        op.execute("DROP TRIGGER predictions_deleted")
    op.drop_table("activity_logs")
    op.drop_index("ix_predictions_created_at", "predictions")
    op.drop_index("ix_predictions_user_id", "predictions")
    for table, columns in reversed(_COLUMNS.items()):
        helpers.drop_columns(table, *columns)
