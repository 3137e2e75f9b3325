"""The tables after the newest migration. Migrations also create the views described in docs/operations.md."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class UTCDateTime(sa.TypeDecorator[datetime]):
    """A point in time: time-zone-aware in Python, UTC in the database, where SQLite has no time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Convert to UTC."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return a time-zone-aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Pages that are open elsewhere may refer to a deleted row by its ID, which SQLite would otherwise give to a new one.
_NO_REUSE: Any = {"sqlite_autoincrement": True}

users = sa.Table(
    "users",
    metadata,
    sa.Column("user_id", sa.Integer, primary_key=True),
    sa.Column("google_id", sa.String(255), unique=True, nullable=False),
    sa.Column("email", sa.String(320), unique=True, nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("profile_picture_url", sa.String(1000)),
    # Updated by triggers.
    sa.Column("total_predictions", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("last_login", UTCDateTime),
    # When an admin disabled the user; NULL for enabled users.
    sa.Column("disabled_at", UTCDateTime),
    # Sessions that signed in before this time have ended.
    sa.Column("signed_out_at", UTCDateTime),
    sa.CheckConstraint("total_predictions >= 0", name="total_predictions"),
    **_NO_REUSE,
)

MAX_LABEL_LENGTH = 100
_FILTERED_BY = ("predicted_label", "verdict", "input_type", "mode", "model", "true_label")

predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("prediction_id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False, index=True),
    # The name of the uploaded file, and the name of the image in the image store.
    sa.Column("image_filename", sa.String(255)),
    sa.Column("image_path", sa.String(255), nullable=False),
    sa.Column("mode", sa.String(10), nullable=False, server_default="digit"),
    sa.Column("input_type", sa.String(20), nullable=False),
    sa.Column("predicted_label", sa.String(MAX_LABEL_LENGTH), nullable=False),
    sa.Column("confidence", sa.Numeric(5, 4, asdecimal=False), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(20)),
    sa.Column("probabilities", sa.JSON, nullable=False),
    sa.Column("strokes", sa.JSON(none_as_null=True)),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("model_version", sa.String(100)),
    sa.Column("processing_time_ms", sa.Float, nullable=False),
    sa.Column("true_label", sa.String(100)),
    sa.Column("created_at", UTCDateTime, nullable=False, index=True),
    sa.Column("changed_at", UTCDateTime, nullable=False),
    sa.CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    sa.CheckConstraint("mode IN ('digit', 'number')", name="mode"),
    # With all columns that filters use, so that listing reads only the long rows that it shows. The index by time also
    # has what analytics need.
    sa.Index(
        "ix_predictions_by_time",
        *("user_id", "created_at", "prediction_id", "confidence", *_FILTERED_BY, "processing_time_ms"),
    ),
    sa.Index("ix_predictions_by_confidence", "user_id", "confidence", "prediction_id", "created_at", *_FILTERED_BY),
    **_NO_REUSE,
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


activity_logs = sa.Table(
    "activity_logs",
    metadata,
    sa.Column("log_id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False),
    sa.Column("activity_type", sa.String(20), nullable=False),
    sa.Column("description", sa.String(500)),
    sa.Column("created_at", UTCDateTime, nullable=False, index=True),
    sa.CheckConstraint(f"activity_type IN {tuple(map(str, Activity))}", name="activity_type"),
    sa.Index(None, "user_id", "created_at"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.ForeignKey(users.c.user_id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False),
    # The first characters of the key, and the SHA-256 of the whole key.
    sa.Column("prefix", sa.String(20), nullable=False),
    sa.Column("hash", sa.String(64), unique=True, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("last_used", UTCDateTime),
    **_NO_REUSE,
)
