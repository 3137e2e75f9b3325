"""The activity log: what users did and when.

All functions raise StorageError if the database is unavailable.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select

from digitrec.accounts.users import User
from digitrec.storage.access import USER_ID, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.schema import Activity, activity_logs
from digitrec.storage.users import run_for_user

INSERT_ACTIVITY = insert(activity_logs).values(user_id=USER_ID)


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One entry of the activity log."""

    activity: Activity
    description: str | None
    at: datetime


def log_activity(database: Database, user: User, activity: Activity, description: str | None = None) -> None:
    """Add an entry to the activity log."""
    now = datetime.now(UTC)
    values = {"activity_type": activity, "description": description, "created_at": now, **user_parameters(user)}
    run_for_user(
        database,
        user,
        lambda connection: connection.execute(INSERT_ACTIVITY, values),
        now,
        "Your activity can't be logged right now.",
    )


def list_activities(
    database: Database, user: User, limit: int = 30, activity: Activity | None = None
) -> list[ActivityEntry]:
    """Return a user's latest activities, of all kinds or one, newest first."""
    column = activity_logs.c
    query = (
        select(column.activity_type, column.description, column.created_at)
        .where(column.user_id == USER_ID, *([column.activity_type == activity] if activity else []))
        .order_by(column.created_at.desc(), column.log_id.desc())
        .limit(limit)
    )
    rows = database.run(
        lambda connection: connection.execute(query, user_parameters(user)).all(),
        "Your activities can't be read right now.",
    )
    return [ActivityEntry(Activity(row.activity_type), row.description, row.created_at) for row in rows]
