"""Keeping the history tidy: records past their age, and pictures that belong to none."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from digitrec.errors import StoreError
from digitrec.store.database import Database
from digitrec.store.images import Images
from digitrec.store.schema import predictions


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed."""

    records: int
    pictures: int
    """Pictures that belonged to no record."""


def tidy(database: Database, images: Images, keep: timedelta | None = None) -> Tidied:
    """Delete everybody's records older than ``keep``, where that is given, and the pictures that no record uses.

    Raises:
        StoreError: the database or the pictures cannot be reached.
    """
    deleted = []
    try:
        if keep:
            old = delete(predictions).where(predictions.c.created_at < datetime.now(UTC) - keep)
            paths = old.returning(predictions.c.image_path)
            deleted = database.run(lambda connection: list(connection.scalars(paths)))
            for name in deleted:
                images.delete(name)
        used = database.run(lambda connection: set(connection.scalars(select(predictions.c.image_path))))
        return Tidied(len(deleted), images.sweep(used))
    except (OSError, SQLAlchemyError) as error:
        raise StoreError("The history cannot be tidied at the moment.") from error
