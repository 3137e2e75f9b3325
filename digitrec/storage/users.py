"""User accounts: signing in and out, the activity log, and actions of admins.

All functions raise StorageError if the database is unavailable.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from digitrec.accounts.users import LOCAL_USER, User, placeholder_email
from digitrec.errors import AccountClosed
from digitrec.storage.access import IS_GUEST, USER_ID, user_parameters
from digitrec.storage.database import ConflictError, Database
from digitrec.storage.schema import Activity, activity_logs, predictions, users

_UNREADABLE = "Your account can't be read right now. Try again soon."
_UNCHANGEABLE = "Your account can't be changed right now. Try again soon."

INSERT_ACTIVITY = insert(activity_logs).values(user_id=USER_ID)

T = TypeVar("T")


def run_for_user(
    database: Database, user: User, work: Callable[[Connection], T], now: datetime, error_message: str
) -> T:
    """Call ``work`` in a transaction, after adding a guest or the local user on their first write.

    Raises AccountClosed if the account of a user who signed in was deleted, disabled or signed out.
    """
    try:
        return database.run(work, error_message)
    except ConflictError:
        _add_user(database, user, now)
        return database.run(work, error_message)


def _add_user(database: Database, user: User, now: datetime) -> None:
    if not user.is_guest and user.subject != LOCAL_USER.subject:
        # Signing in adds the others, so this one is not allowed to write any more.
        raise AccountClosed("You're no longer signed in. Sign in again.")
    values = {"google_id": user.subject, "email": user.email, "name": user.name, "created_at": now}
    # Another session of this user may have added it meanwhile.
    with suppress(ConflictError):
        database.run(lambda connection: connection.execute(insert(users).values(values)), _UNCHANGEABLE)


def sign_in(database: Database, user: User, at: datetime) -> None:
    """Add or update a user who signed in at the given time, and log the sign-in once.

    If another user has the same email address, that user gets a placeholder: only verified addresses are stored, so
    the address has changed hands.
    """

    def work(connection: Connection) -> None:
        column = users.c
        known = connection.execute(
            select(column.user_id, column.last_login).where(column.google_id == user.subject)
        ).first()
        if known and known.last_login and known.last_login >= at:
            return
        same_email = select(column.google_id).where(column.email == user.email, column.google_id != user.subject)
        if other := connection.scalar(same_email):
            email = placeholder_email(other)
            connection.execute(update(users).where(column.google_id == other).values(email=email))
        values = {"email": user.email, "name": user.name, "profile_picture_url": user.picture, "last_login": at}
        if known:
            user_id = known.user_id
            connection.execute(update(users).where(column.user_id == user_id).values(values))
        else:
            added = insert(users).values(google_id=user.subject, created_at=at, **values).returning(column.user_id)
            user_id = connection.scalar(added)
        login = {"user_id": user_id, "activity_type": Activity.LOGIN, "created_at": at}
        connection.execute(insert(activity_logs).values(login))

    try:
        database.run(work, _UNCHANGEABLE)
    except ConflictError:
        # Another session of this user added the row meanwhile.
        database.run(work, _UNCHANGEABLE)


class AccountStatus(Enum):
    """Whether a user who signed in may continue."""

    ACTIVE = auto()
    DELETED = auto()
    DISABLED = auto()
    SIGNED_OUT = auto()  # The user signed out, in any browser, after this session signed in.


def account_status(database: Database, user: User) -> AccountStatus:
    """Return the status of the account of a user who signed in."""
    query = select(users.c.disabled_at, users.c.signed_out_at).where(users.c.google_id == user.subject)
    row = database.run(lambda connection: connection.execute(query).first(), _UNREADABLE)
    if not row:
        return AccountStatus.DELETED
    if row.disabled_at:
        return AccountStatus.DISABLED
    since = user.signed_in_at
    has_signed_out = since and row.signed_out_at and row.signed_out_at > since
    return AccountStatus.SIGNED_OUT if has_signed_out else AccountStatus.ACTIVE


def sign_out(database: Database, user: User) -> None:
    """End all sessions of a user who is signed in."""
    # Providers state the time of a sign-in in whole seconds, and their clock may be ahead of ours.
    now = datetime.now(UTC).replace(microsecond=0)
    since = user.signed_in_at or now
    # An old copy of the cookie doesn't end a later sign-in.
    is_active = users.c.signed_out_at.is_(None) | (users.c.signed_out_at <= since)
    at = max(now, since + timedelta(seconds=1))
    change = update(users).where(users.c.google_id == user.subject, is_active).values(signed_out_at=at)
    database.run(lambda connection: connection.execute(change), _UNCHANGEABLE)


def import_guest_history(database: Database, guest: User, user: User) -> int:
    """Move a guest's predictions and activities to a user, delete the guest, and return the number of predictions.

    Raises ValueError if ``guest`` is not a guest.
    """
    if not guest.is_guest:
        raise ValueError(f"{guest.name} is not a guest")

    def work(connection: Connection) -> int:
        guest_id, user_id = (
            select(users.c.user_id).where(users.c.google_id == account.subject).scalar_subquery()
            for account in (guest, user)
        )
        moved = connection.execute(update(predictions).where(predictions.c.user_id == guest_id).values(user_id=user_id))
        connection.execute(update(activity_logs).where(activity_logs.c.user_id == guest_id).values(user_id=user_id))
        connection.execute(delete(users).where(users.c.google_id == guest.subject))
        return moved.rowcount

    return database.run(work, "Your guest predictions can't be imported right now. Try again soon.")


def get_creation_time(database: Database, user: User) -> datetime | None:
    """Return when a user was added, or None if nothing was ever saved."""
    query = select(users.c.created_at).where(users.c.user_id == USER_ID)
    return database.run(lambda connection: connection.scalar(query, user_parameters(user)), _UNREADABLE)


def count_users(database: Database) -> int:
    """Return how many users there are, without guests."""
    query = select(func.count()).select_from(users).where(~IS_GUEST)
    message = "The users can't be counted right now. Try again soon."
    return database.run(lambda connection: connection.execute(query).scalar_one(), message)


def list_users(database: Database) -> pd.DataFrame:
    """Return all users but guests, with the columns ``user_id``, ``google_id``, ``name``, ``disabled``, ``email``,
    ``predictions``, ``created_at`` and ``last_login``.
    """
    column = users.c
    query = (
        select(
            column.user_id,
            column.google_id,
            column.name,
            column.disabled_at.is_not(None).label("disabled"),
            column.email,
            column.total_predictions.label("predictions"),
            column.created_at,
            column.last_login,
        )
        .where(~IS_GUEST)
        .order_by(column.user_id)
    )
    message = "The users can't be listed right now. Try again soon."
    rows = database.run(lambda connection: connection.execute(query).all(), message)
    return pd.DataFrame(rows, columns=[column.name for column in query.selected_columns])


def set_disabled(database: Database, user_id: int, disabled: bool) -> None:
    """Disable or enable a user; a disabled user can't sign in, but keeps all data."""
    at = datetime.now(UTC) if disabled else None
    change = update(users).where(users.c.user_id == user_id).values(disabled_at=at)
    message = "The account can't be changed right now. Try again soon."
    database.run(lambda connection: connection.execute(change), message)


def log_activity(database: Database, user: User, activity: Activity, description: str | None = None) -> None:
    """Add an entry to the activity log."""
    now = datetime.now(UTC)
    values = {"activity_type": activity, "description": description, "created_at": now, **user_parameters(user)}
    message = "Your activity can't be logged right now."
    run_for_user(database, user, lambda connection: connection.execute(INSERT_ACTIVITY, values), now, message)


def list_activities(
    database: Database, user: User, limit: int = 30, activity: Activity | None = None
) -> Sequence[Row[Any]]:
    """Return ``activity``, ``description`` and ``at`` of a user's latest activities, of all kinds or one."""
    column: Any = activity_logs.c
    query = (
        select(column.activity_type.label("activity"), column.description, column.created_at.label("at"))
        .where(column.user_id == USER_ID, *([column.activity_type == activity] if activity else []))
        .order_by(column.created_at.desc(), column.log_id.desc())
        .limit(limit)
    )
    message = "Your activities can't be read right now. Try again soon."
    return database.run(lambda connection: connection.execute(query, user_parameters(user)).all(), message)
