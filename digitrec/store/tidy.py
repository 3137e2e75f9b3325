"""Keeping the history tidy: records past their age, and pictures that belong to none."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from digitrec.errors import StoreError
from digitrec.store.database import Database
from digitrec.store.images import Images
from digitrec.store.schema import predictions


def delete_old(database: Database, images: Images, keep: timedelta) -> int:
    """Delete everybody's records older than ``keep`` with their pictures, and return how many there were.

    Raises:
        StoreError: the database cannot be reached.
    """
    old = predictions.c.created_at < datetime.now(UTC) - keep
    paths = delete(predictions).where(old).returning(predictions.c.image_path)
    try:
        deleted = database.run(lambda connection: list(connection.scalars(paths)))
    except SQLAlchemyError as error:
        raise StoreError("The history cannot be tidied at the moment.") from error
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
        raise StoreError("The history cannot be tidied at the moment.") from error
