"""Deleting expired predictions, inactive guests and orphaned images.

All functions raise StorageError if the database or the images can't be reached.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings
from digitrec.errors import StorageError
from digitrec.storage.access import IS_GUEST
from digitrec.storage.database import Database
from digitrec.storage.images import Images
from digitrec.storage.schema import activity_logs, predictions, users

GUEST_PREDICTIONS = 20  # How many predictions a guest's history holds at most.
_BATCH_SIZE = 5000
_FAILED = "The history can't be cleaned up right now."


def tidy(database: Database, images: Images) -> tuple[int, int, int]:
    """Delete what has expired under the settings: expired predictions, inactive guests and orphaned images.

    Returns the number of expired predictions, of predictions of inactive guests, and of orphaned images.
    """
    expired = of_guests = 0
    if days := settings().keep_days:
        expired = delete_expired(database, images, timedelta(days=days))
    if sign_in():
        of_guests = delete_guests(database, images, timedelta(days=settings().guest_days))
    return expired, of_guests, delete_orphaned_images(database, images)


def delete_expired(database: Database, images: Images, keep: timedelta) -> int:
    """Delete all predictions and activities older than ``keep``, and return the number of predictions."""
    before = datetime.now(UTC) - keep
    count = _delete_predictions(database, images, predictions.c.created_at < before)
    expired = delete(activity_logs).where(activity_logs.c.created_at < before)
    database.run(lambda connection: connection.execute(expired), _FAILED)
    return count


def delete_guests(database: Database, images: Images, keep: timedelta) -> int:
    """Delete guests whose last prediction is older than ``keep``, and return the number of their predictions."""
    since = datetime.now(UTC) - keep
    active = select(predictions.c.user_id).where(predictions.c.created_at >= since)
    is_inactive = IS_GUEST & (users.c.created_at < since) & users.c.user_id.not_in(active)
    count = _delete_predictions(database, images, predictions.c.user_id.in_(select(users.c.user_id).where(is_inactive)))
    database.run(lambda connection: connection.execute(delete(users).where(is_inactive)), _FAILED)
    return count


def _delete_predictions(database: Database, images: Images, condition: ColumnElement[bool]) -> int:
    # In batches, since SQLite blocks all other writers for the length of a transaction.
    batch = select(predictions.c.prediction_id).where(condition).limit(_BATCH_SIZE)
    statement = delete(predictions).where(predictions.c.prediction_id.in_(batch)).returning(predictions.c.image_path)
    count = 0
    while names := database.run(lambda connection: connection.scalars(statement).all(), _FAILED):
        images.delete(*names)
        count += len(names)
    return count


def delete_orphaned_images(database: Database, images: Images) -> int:
    """Delete images without a prediction, and return how many there were.

    Nothing is deleted if the database has no predictions at all: it may be the wrong one.
    """
    used = database.run(lambda connection: set(connection.scalars(select(predictions.c.image_path))), _FAILED)
    try:
        return images.delete_orphaned_images(used) if used else 0
    except OSError as error:
        raise StorageError(f"Orphaned images can't be deleted: {error}") from error
