"""The people behind the records: signing in, and what administrators may do."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from digitrec.accounts.users import User, placeholder_email
from digitrec.errors import StorageError
from digitrec.storage.access import IS_GUEST
from digitrec.storage.database import Database
from digitrec.storage.schema import Activity, activity_logs, predictions, users

_UNWRITTEN = "Your account cannot be written at the moment."


def sign_in(database: Database, user: User, at: datetime) -> None:
    """Remember that a person signed in at a moment, once however often it is told, and what they are called now.

    An email is whose who came with it last: another user who had it gets a placeholder.

    Raises:
        StoreError: it cannot be kept.
    """

    def remember(connection: Connection) -> None:
        column = users.c
        known = connection.execute(
            select(column.user_id, column.last_login).where(column.google_id == user.subject)
        ).first()
        if known and known.last_login and known.last_login >= at:
            return
        others = select(column.user_id, column.google_id).where(
            column.email == user.email, column.google_id != user.subject
        )
        for other in connection.execute(others).all():
            connection.execute(
                update(users).where(column.user_id == other.user_id).values(email=placeholder_email(other.google_id))
            )
        values = {
            "email": user.email,
            "name": user.name,
            "profile_picture_url": user.picture,
            "last_login": at,
        }
        if known:
            user_id = known.user_id
            connection.execute(update(users).where(column.user_id == user_id).values(values))
        else:
            added = insert(users).values(google_id=user.subject, created_at=at, **values).returning(column.user_id)
            user_id = connection.scalar(added)
        login = {"user_id": user_id, "activity_type": Activity.LOGIN, "created_at": at}
        connection.execute(insert(activity_logs).values(login))

    try:
        database.run(remember)
    except IntegrityError:
        # Another session of theirs came first.
        database.run(remember, _UNWRITTEN)
    except SQLAlchemyError as error:
        raise StorageError(_UNWRITTEN) from error


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """Whether somebody who signed in may go on."""

    is_known: bool
    """Not so where the account was deleted."""
    is_disabled: bool
    has_signed_out: bool
    """In any of their browsers, since."""


def account_status(database: Database, user: User) -> AccountStatus:
    """How it stands with the account of somebody who signed in.

    Raises:
        StoreError: it cannot be read.
    """
    query = select(users.c.disabled_at, users.c.signed_out_at).where(users.c.google_id == user.subject)
    row = database.run(
        lambda connection: connection.execute(query).first(), "Your account cannot be read at the moment."
    )
    if not row:
        return AccountStatus(is_known=False, is_disabled=False, has_signed_out=False)
    since = user.signed_in_at
    return AccountStatus(
        True, row.disabled_at is not None, bool(since and row.signed_out_at and row.signed_out_at > since)
    )


def sign_out(database: Database, user: User) -> None:
    """End every session that a person signed in to until now.

    Raises:
        StoreError: it cannot be written.
    """
    # Providers tell the moment of a sign-in in whole seconds.
    now = datetime.now(UTC).replace(microsecond=0)
    change = update(users).where(users.c.google_id == user.subject).values(signed_out_at=now)
    database.run(lambda connection: connection.execute(change), _UNWRITTEN)


def import_guest_history(database: Database, guest: User, user: User) -> int:
    """Give a guest's records and activities to the person the guest turned out to be, and return how many there were.

    Raises:
        ValueError: ``guest`` is none.
        StoreError: they cannot be given over; none of them is.
    """
    if not guest.is_guest:
        raise ValueError(f"{guest.name} is no guest")

    def move(connection: Connection) -> int:
        of = {
            one: select(users.c.user_id).where(users.c.google_id == one.subject).scalar_subquery()
            for one in (guest, user)
        }
        moved = connection.execute(
            update(predictions).where(predictions.c.user_id == of[guest]).values(user_id=of[user])
        )
        connection.execute(update(activity_logs).where(activity_logs.c.user_id == of[guest]).values(user_id=of[user]))
        connection.execute(delete(users).where(users.c.google_id == guest.subject))
        return moved.rowcount

    return database.run(move, "Your drawings cannot be taken along at the moment.")


def list_users(database: Database) -> pd.DataFrame:
    """All people but guests: ``user_id``, ``google_id``, ``name``, ``disabled``, ``email``, ``predictions``,
    ``created_at``, ``last_login``.

    Raises:
        StoreError: they cannot be read.
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
    rows = database.run(lambda connection: connection.execute(query).all(), "The people cannot be read at the moment.")
    return pd.DataFrame(rows, columns=[column.name for column in query.selected_columns])


def set_disabled(database: Database, user_id: int, disabled: bool) -> None:
    """Keep a person from using their account, or let them again; what is kept of them stays.

    Raises:
        StoreError: it cannot be written.
    """
    at = datetime.now(UTC) if disabled else None
    change = update(users).where(users.c.user_id == user_id).values(disabled_at=at)
    database.run(lambda connection: connection.execute(change), "The account cannot be changed at the moment.")
