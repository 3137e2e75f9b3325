"""Activities for creating and revoking API keys."""

from alembic import op

from digitrec.storage.migrations.helpers import ACTIVITIES, create_activity_logs, on_postgresql

revision = "0006"
down_revision = "0005"

_NEW = ("make_key", "revoke_key")


def upgrade() -> None:
    """Allow the new kinds of activities."""
    _allow((*ACTIVITIES, *_NEW))


def downgrade() -> None:
    """Delete the activities of these kinds, and allow only the earlier ones."""
    op.execute(f"DELETE FROM activity_logs WHERE activity_type IN {_NEW}")
    _allow(ACTIVITIES)


def _allow(activities: tuple[str, ...]) -> None:
    # The naming convention of the schema added the prefix twice.
    name = op.f("ck_activity_logs_ck_activity_logs_activity_type")
    if on_postgresql():
        op.drop_constraint(name, "activity_logs")
        op.create_check_constraint(name, "activity_logs", f"activity_type IN {activities}")
        return
    # SQLite can't change the constraints of an existing table.
    for index in ("ix_activity_logs_created_at", "ix_activity_logs_user_id_created_at"):
        op.drop_index(index, "activity_logs")
    op.rename_table("activity_logs", "activity_logs_before")
    create_activity_logs(name, activities)
    op.execute("INSERT INTO activity_logs SELECT * FROM activity_logs_before")
    op.drop_table("activity_logs_before")
