"""The tables and views after the newest migration."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    column,
    table,
)


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: time-zone-aware in Python, UTC in the database, where SQLite has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a time-zone-aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("user_id", Integer, primary_key=True),
    Column("google_id", String(255), unique=True, nullable=False),
    Column("email", String(320), unique=True, nullable=False),
    Column("name", String(255), nullable=False),
    Column("profile_picture_url", String(1000)),
    # Updated by triggers.
    Column("total_predictions", Integer, nullable=False, server_default="0"),
    Column("created_at", UTCDateTime, nullable=False),
    Column("last_login", UTCDateTime),
    # When an admin disabled the user; NULL for enabled users.
    Column("disabled_at", UTCDateTime),
    # Sessions that signed in before this time have ended.
    Column("signed_out_at", UTCDateTime),
    CheckConstraint("total_predictions >= 0", name="total_predictions"),
)

MAX_LABEL_LENGTH = 100
_FILTERED_BY = ("predicted_label", "verdict", "input_type", "mode", "model", "true_label")

predictions = Table(
    "predictions",
    metadata,
    Column("prediction_id", Integer, primary_key=True),
    Column("user_id", ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False, index=True),
    # The name of the uploaded file, and the name of the image in the image store.
    Column("image_filename", String(255)),
    Column("image_path", String(255), nullable=False),
    Column("mode", String(10), nullable=False, server_default="digit"),
    Column("input_type", String(20), nullable=False),
    Column("predicted_label", String(MAX_LABEL_LENGTH), nullable=False),
    Column("confidence", Numeric(5, 4, asdecimal=False), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("reason", String(20)),
    Column("probabilities", JSON, nullable=False),
    Column("strokes", JSON(none_as_null=True)),
    Column("model", String(100), nullable=False),
    Column("model_version", String(100)),
    Column("processing_time_ms", Float, nullable=False),
    Column("true_label", String(100)),
    Column("created_at", UTCDateTime, nullable=False, index=True),
    Column("changed_at", UTCDateTime, nullable=False),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    CheckConstraint("mode IN ('digit', 'number')", name="mode"),
    # With all columns that filters use, so that listing reads only the long rows that it shows.
    Index("ix_predictions_by_time", "user_id", "created_at", "prediction_id", "confidence", *_FILTERED_BY),
    Index("ix_predictions_by_confidence", "user_id", "confidence", "prediction_id", "created_at", *_FILTERED_BY),
)


class Activity(StrEnum):
    """The kinds of activities in the activity log."""

    LOGIN = "login"
    LOGOUT = "logout"
    DRAW = "draw"
    UPLOAD_IMAGE = "upload_image"
    CAMERA = "camera"
    VIEW_PROFILE = "view_profile"
    VIEW_HISTORY = "view_history"
    VIEW_ANALYTICS = "view_analytics"
    MAKE_KEY = "make_key"
    REVOKE_KEY = "revoke_key"
    CORRECT = "correct"
    EXPORT = "export"
    DELETE = "delete"


activity_logs = Table(
    "activity_logs",
    metadata,
    Column("log_id", Integer, primary_key=True),
    Column("user_id", ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False),
    Column("activity_type", String(20), nullable=False),
    Column("description", String(500)),
    Column("created_at", UTCDateTime, nullable=False, index=True),
    CheckConstraint(
        "activity_type IN (" + ", ".join(f"'{activity}'" for activity in Activity) + ")", name="activity_type"
    ),
    Index(None, "user_id", "created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Integer, primary_key=True),
    Column("user_id", ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    # The first characters of the key, and the SHA-256 of the whole key.
    Column("prefix", String(20), nullable=False),
    Column("hash", String(64), unique=True, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("last_used", UTCDateTime),
)

# Migrations create the views. The app itself reads only this one.
user_statistics = table(
    "user_statistics",
    *map(column, ("user_id", "google_id", "name", "total_predictions", "digits", "unsure", "not_digits", "corrected")),
    column("average_confidence"),
    column("last_prediction", UTCDateTime),
)
