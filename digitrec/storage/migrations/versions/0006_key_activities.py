"""Making and revoking a key are among what people do."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BEFORE = (
    *("login", "logout", "draw", "upload_image", "camera", "view_profile", "view_history", "view_analytics"),
    *("correct", "export", "delete"),
)
_NEW = ("make_key", "revoke_key")


def upgrade() -> None:
    """Let there be the new kinds."""
    _allow((*_BEFORE, *_NEW))


def downgrade() -> None:
    """Let there be none of them, nor what was done of these kinds."""
    op.execute(f"DELETE FROM activity_logs WHERE activity_type IN {_NEW}")
    _allow(_BEFORE)


def _allow(activities: tuple[str, ...]) -> None:
    # As the naming convention made it of the name it was given.
    name, check = op.f("ck_activity_logs_ck_activity_logs_activity_type"), f"activity_type IN {activities}"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(name, "activity_logs")
        op.create_check_constraint(name, "activity_logs", check)
        return
    # SQLite changes no constraint of a table that there is.
    for index in ("ix_activity_logs_created_at", "ix_activity_logs_user_id_created_at"):
        op.drop_index(index, "activity_logs")
    op.rename_table("activity_logs", "activity_logs_before")
    op.create_table(
        "activity_logs",
        sa.Column("log_id", sa.Integer, primary_key=True),
        sa.Column(
            "user_id",
            sa.Integer,
            sa.ForeignKey("users.user_id", ondelete="CASCADE", name="fk_activity_logs_user_id"),
            nullable=False,
        ),
        sa.Column("activity_type", sa.String(20), nullable=False),
        sa.Column("description", sa.String(500)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(check, name=name),
    )
    op.execute("INSERT INTO activity_logs SELECT * FROM activity_logs_before")
    op.drop_table("activity_logs_before")
    op.create_index("ix_activity_logs_created_at", "activity_logs", ["created_at"])
    op.create_index("ix_activity_logs_user_id_created_at", "activity_logs", ["user_id", "created_at"])
