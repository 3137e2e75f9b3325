"""The people behind the records: signing in, and what administrators may do."""

from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from digitrec.accounts import GUEST, Person, placeholder
from digitrec.errors import StoreError
from digitrec.store.database import Database
from digitrec.store.schema import Activity, activity_logs, predictions, users


def sign_in(database: Database, person: Person, at: datetime) -> None:
    """Remember that a person signed in at a moment, once however often it is told, and what they are called now.

    An email is whose who came with it last: another user who had it gets a placeholder.

    Raises:
        StoreError: it cannot be kept.
    """

    def remember(connection: Connection) -> None:
        column = users.c
        known = connection.execute(
            select(column.user_id, column.last_login).where(column.google_id == person.subject)
        ).first()
        if known and known.last_login and known.last_login >= at:
            return
        others = select(column.user_id, column.google_id).where(
            column.email == person.email, column.google_id != person.subject
        )
        for other in connection.execute(others).all():
            connection.execute(
                update(users).where(column.user_id == other.user_id).values(email=placeholder(other.google_id))
            )
        values = {
            "email": person.email,
            "name": person.name,
            "profile_picture_url": person.picture,
            "last_login": at,
        }
        if known:
            user_id = known.user_id
            connection.execute(update(users).where(column.user_id == user_id).values(values))
        else:
            added = insert(users).values(google_id=person.subject, created_at=at, **values).returning(column.user_id)
            user_id = connection.scalar(added)
        login = {"user_id": user_id, "activity_type": Activity.LOGIN, "created_at": at}
        connection.execute(insert(activity_logs).values(login))

    try:
        try:
            database.run(remember)
        except IntegrityError:
            # Another session of theirs came first.
            database.run(remember)
    except SQLAlchemyError as error:
        raise StoreError("Your account cannot be written at the moment.") from error


def is_disabled(database: Database, person: Person) -> bool:
    """Whether an administrator keeps this person from using their account.

    Raises:
        StoreError: it cannot be read.
    """
    disabled = select(users.c.user_id).where(users.c.google_id == person.subject, users.c.disabled_at.is_not(None))
    try:
        return database.run(lambda connection: connection.scalar(disabled)) is not None
    except SQLAlchemyError as error:
        raise StoreError("Your account cannot be read at the moment.") from error


def take_along(database: Database, guest: Person, person: Person) -> int:
    """Give a guest's records to the person the guest turned out to be, and return how many there were.

    Raises:
        ValueError: ``guest`` is none.
        StoreError: they cannot be given over; none of them is.
    """
    if not guest.is_guest:
        raise ValueError(f"{guest.name} is no guest")

    def move(connection: Connection) -> int:
        of = {
            one: select(users.c.user_id).where(users.c.google_id == one.subject).scalar_subquery()
            for one in (guest, person)
        }
        moved = connection.execute(
            update(predictions).where(predictions.c.user_id == of[guest]).values(user_id=of[person])
        )
        connection.execute(delete(users).where(users.c.google_id == guest.subject))
        return moved.rowcount

    try:
        return database.run(move)
    except SQLAlchemyError as error:
        raise StoreError("Your drawings cannot be taken along at the moment.") from error


def everybody(database: Database) -> pd.DataFrame:
    """All people but guests: ``user_id``, ``name``, ``email``, ``predictions``, ``created_at``, ``last_login``,
    ``disabled``.

    Raises:
        StoreError: they cannot be read.
    """
    column = users.c
    query = (
        select(
            column.user_id,
            column.name,
            column.email,
            column.total_predictions.label("predictions"),
            column.created_at,
            column.last_login,
            column.disabled_at.is_not(None).label("disabled"),
        )
        .where(~column.google_id.startswith(GUEST))
        .order_by(column.user_id)
    )
    try:
        rows = database.run(lambda connection: connection.execute(query).all())
    except SQLAlchemyError as error:
        raise StoreError("The people cannot be read at the moment.") from error
    return pd.DataFrame(rows, columns=[column.name for column in query.selected_columns])


def set_disabled(database: Database, user_id: int, disabled: bool) -> None:
    """Keep a person from using their account, or let them again; what is kept of them stays.

    Raises:
        StoreError: it cannot be written.
    """
    at = datetime.now(UTC) if disabled else None
    change = update(users).where(users.c.user_id == user_id).values(disabled_at=at)
    try:
        database.run(lambda connection: connection.execute(change))
    except SQLAlchemyError as error:
        raise StoreError("The account cannot be changed at the moment.") from error
