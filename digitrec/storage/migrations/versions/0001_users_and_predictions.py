"""Users and predictions."""

import sqlalchemy as sa
from alembic import op

from digitrec.storage.migrations.helpers import user_id

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "users",
        sa.Column("user_id", sa.Integer, primary_key=True),
        sa.Column("google_id", sa.String(255), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("google_id", name="uq_users_google_id"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "predictions",
        sa.Column("prediction_id", sa.Integer, primary_key=True),
        user_id("predictions"),
        sa.Column("image_path", sa.String(255), nullable=False),
        sa.Column("input_type", sa.String(20), nullable=False),
        sa.Column("predicted_label", sa.String(100), nullable=False),
        sa.Column("confidence", sa.Numeric(5, 4), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("probabilities", sa.JSON, nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("processing_time_ms", sa.Float, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name="ck_predictions_confidence"),
    )
    op.create_index("ix_predictions_user_id_created_at", "predictions", ["user_id", "created_at"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("predictions")
    op.drop_table("users")
