"""Keeping the history tidy: records past their age, and pictures that belong to none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Row, delete, select
from sqlalchemy.sql.dml import ReturningDelete

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings
from digitrec.errors import StorageError
from digitrec.storage.access import IS_GUEST
from digitrec.storage.database import Database
from digitrec.storage.images import Images
from digitrec.storage.schema import activity_logs, predictions, users

_BATCH = 5000
_UNTIDY = "The history cannot be tidied at the moment."


def tidy(database: Database, images: Images) -> tuple[int, int]:
    """Delete what the settings no longer keep: expired predictions, inactive guests and orphaned images.

    Returns the number of expired predictions and of orphaned images.

    Raises:
        StorageError: the database or the images can't be reached.
    """
    expired = 0
    if days := settings().keep_days:
        expired = delete_expired(database, images, timedelta(days=days))
    if sign_in():
        delete_guests(database, images, timedelta(days=settings().guest_days))
    return expired, delete_orphaned_images(database, images)


def delete_expired(database: Database, images: Images, keep: timedelta) -> int:
    """Delete everybody's records and activities older than ``keep``, and return how many records there were.

    Raises:
        StoreError: the database cannot be reached.
    """
    before = datetime.now(UTC) - keep
    count = _delete(database, images, predictions.c.created_at < before)
    _run(database, delete(activity_logs).where(activity_logs.c.created_at < before))
    return count


def delete_guests(database: Database, images: Images, keep: timedelta) -> int:
    """Delete the guests who drew nothing for as long as ``keep``, with their records, and return how many these were.

    Raises:
        StoreError: the database cannot be reached.
    """
    since = datetime.now(UTC) - keep
    busy = select(predictions.c.user_id).where(predictions.c.created_at >= since)
    idle = IS_GUEST & (users.c.created_at < since) & users.c.user_id.not_in(busy)
    count = _delete(database, images, predictions.c.user_id.in_(select(users.c.user_id).where(idle)))
    _run(database, delete(users).where(idle))
    return count


def _delete(database: Database, images: Images, which: ColumnElement[bool]) -> int:
    # Not all at once: on SQLite nobody else could write meanwhile.
    some = select(predictions.c.prediction_id).where(which).limit(_BATCH)
    paths = delete(predictions).where(predictions.c.prediction_id.in_(some)).returning(predictions.c.image_path)
    count = 0
    while names := [row.image_path for row in _run(database, paths)]:
        for name in names:
            images.delete(name)
        count += len(names)
    return count


def _run(database: Database, statement: Delete | ReturningDelete[Any]) -> Sequence[Row[Any]]:
    def work(connection: Connection) -> Sequence[Row[Any]]:
        result = connection.execute(statement)
        return result.all() if result.returns_rows else ()

    return database.run(work, _UNTIDY)


def delete_orphaned_images(database: Database, images: Images) -> int:
    """Delete the pictures that belong to no record, and return how many there were.

    With a database that has no record at all nothing is deleted: it may be the wrong one.

    Raises:
        StoreError: the database or the pictures cannot be reached.
    """
    used = database.run(lambda connection: set(connection.scalars(select(predictions.c.image_path))), _UNTIDY)
    try:
        return images.delete_orphaned_images(used) if used else 0
    except OSError as error:
        raise StorageError(_UNTIDY) from error
