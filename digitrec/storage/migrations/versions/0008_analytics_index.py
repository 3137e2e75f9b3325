"""The index by time also covers analytics."""

from alembic import op

revision = "0008"
down_revision = "0007"

_COLUMNS = ["user_id", "created_at", "prediction_id", "confidence"]
_COLUMNS += ["predicted_label", "verdict", "input_type", "mode", "model", "true_label"]


def upgrade() -> None:
    """Add the processing time to the index."""
    _recreate([*_COLUMNS, "processing_time_ms"])


def downgrade() -> None:
    """Remove it again."""
    _recreate(_COLUMNS)


def _recreate(columns: list[str]) -> None:
    op.drop_index("ix_predictions_by_time", "predictions")
    op.create_index("ix_predictions_by_time", "predictions", columns)
