"""Indexes that list a user's predictions by time and by confidence, with any filter."""

from alembic import op

revision = "0004"
down_revision = "0003"

_FILTERED_BY = ["predicted_label", "verdict", "input_type", "mode", "model", "true_label"]


def upgrade() -> None:
    """Create the indexes; the one by time replaces a shorter one."""
    by_time = ["user_id", "created_at", "prediction_id", "confidence", *_FILTERED_BY]
    by_confidence = ["user_id", "confidence", "prediction_id", "created_at", *_FILTERED_BY]
    op.create_index("ix_predictions_by_time", "predictions", by_time)
    op.create_index("ix_predictions_by_confidence", "predictions", by_confidence)
    op.drop_index("ix_predictions_user_id_created_at", "predictions")


def downgrade() -> None:
    """Restore the shorter one."""
    op.create_index("ix_predictions_user_id_created_at", "predictions", ["user_id", "created_at"])
    op.drop_index("ix_predictions_by_confidence", "predictions")
    op.drop_index("ix_predictions_by_time", "predictions")
