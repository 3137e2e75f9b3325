"""Keeping the history tidy: records past their age, and pictures that belong to none."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import SQLAlchemyError

from digitrec.accounts import GUEST
from digitrec.errors import StoreError
from digitrec.store.database import Database
from digitrec.store.images import Images
from digitrec.store.schema import predictions, users

_UNTIDY = "The history cannot be tidied at the moment."


def delete_old(database: Database, images: Images, keep: timedelta) -> int:
    """Delete everybody's records older than ``keep`` with their pictures, and return how many there were.

    Raises:
        StoreError: the database cannot be reached.
    """
    return _delete(database, images, predictions.c.created_at < datetime.now(UTC) - keep)


def delete_guests(database: Database, images: Images, keep: timedelta) -> int:
    """Delete the guests who drew nothing for as long as ``keep``, with their records, and return how many these were.

    Raises:
        StoreError: the database cannot be reached.
    """
    since = datetime.now(UTC) - keep
    busy = select(predictions.c.user_id).where(predictions.c.created_at >= since)
    idle = users.c.google_id.startswith(GUEST) & (users.c.created_at < since) & users.c.user_id.not_in(busy)
    count = _delete(database, images, predictions.c.user_id.in_(select(users.c.user_id).where(idle)))
    try:
        database.run(lambda connection: connection.execute(delete(users).where(idle)))
    except SQLAlchemyError as error:
        raise StoreError(_UNTIDY) from error
    return count


def _delete(database: Database, images: Images, which: ColumnElement[bool]) -> int:
    paths = delete(predictions).where(which).returning(predictions.c.image_path)
    try:
        deleted = database.run(lambda connection: list(connection.scalars(paths)))
    except SQLAlchemyError as error:
        raise StoreError(_UNTIDY) from error
    for name in deleted:
        images.delete(name)
    return len(deleted)


def sweep(database: Database, images: Images) -> int:
    """Delete the pictures that belong to no record, and return how many there were.

    Raises:
        StoreError: the database or the pictures cannot be reached.
    """
    try:
        used = database.run(lambda connection: set(connection.scalars(select(predictions.c.image_path))))
        return images.sweep(used)
    except (OSError, SQLAlchemyError) as error:
        raise StoreError(_UNTIDY) from error
