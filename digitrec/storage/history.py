"""The history of one user: saving, labeling, listing and deleting predictions."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Float, Row, Select, bindparam, case, delete, func, insert, select, update

from digitrec.accounts.users import User
from digitrec.errors import StorageError
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.server.metrics import STAGES, UNSAVED
from digitrec.storage.access import IS_OWN, IS_USER, USER_ID, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.filters import IS_CORRECT, NO_FILTER, WITHOUT_STROKES, Filter, Order, select_predictions
from digitrec.storage.images import Images, new_name
from digitrec.storage.saved_prediction import (
    NO_DIGIT,
    SavedPrediction,
    as_json,
    prediction_as_columns,
    saved_prediction_from_row,
)
from digitrec.storage.schema import MAX_LABEL_LENGTH, Activity, predictions, users
from digitrec.storage.users import INSERT_ACTIVITY, run_for_user

_PAGE_SIZE = 500
_MAX_FILENAME_LENGTH = 255
_NUMBER = rf"(?=.*[0-9])[0-9?]{{1,{MAX_LABEL_LENGTH}}}"
_NOT_SAVED = "Couldn't save this prediction. Retrying."
_UNREADABLE = "The history can't be read right now. Try again soon."
_UNCHANGEABLE = "The history can't be changed right now. Try again soon."

_Work = Callable[[Connection], tuple[Row[Any], list[str]]]

logger = logging.getLogger(__name__)


def _select_own(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(predictions).where(IS_OWN)


# Statements are built once, since building one takes longer than running it.
_INSERT = insert(predictions).values(user_id=USER_ID).returning(predictions)
# The image name is compared too: if the SQLite file was deleted, the IDs in the new one start over.
_UPDATE = (
    update(predictions)
    .where(
        IS_OWN,
        predictions.c.prediction_id == bindparam("selected_id"),
        predictions.c.image_path == bindparam("replaced_image"),
    )
    .returning(predictions)
)
_WITH_IMAGE = _select_own(predictions).where(predictions.c.image_path == bindparam("image_path"))
_TOTALS = _select_own(
    func.count(),
    func.avg(predictions.c.confidence, type_=Float),
    func.count(predictions.c.true_label),
    func.count(case((IS_CORRECT, 1))),
)
_MODELS = _select_own(predictions.c.model).distinct().order_by(predictions.c.model)
_SET_LABEL = (
    update(predictions)
    .where(IS_OWN, predictions.c.prediction_id == bindparam("selected_id"))
    .values(true_label=bindparam("true_label"), changed_at=bindparam("changed_at"))
    .returning(predictions)
)
_DELETE_ALL = delete(predictions).where(IS_OWN).returning(predictions.c.image_path)
_DELETE = _DELETE_ALL.where(predictions.c.prediction_id == bindparam("selected_id"))
_IS_SELECTED = predictions.c.prediction_id.in_(
    bindparam("selected_ids", expanding=True)
) & predictions.c.image_path.in_(bindparam("selected_images", expanding=True))
_DELETE_MANY = _DELETE_ALL.where(_IS_SELECTED)
_GET_MANY = _select_own(predictions).where(_IS_SELECTED).order_by(*Order.NEWEST.by)
_NEWEST = _select_own(*WITHOUT_STROKES).order_by(*Order.NEWEST.by).limit(bindparam("limit"))
_NEWEST_IDS = _select_own(predictions.c.prediction_id).order_by(*Order.NEWEST.by).limit(bindparam("limit"))
_DELETE_OLDER = _DELETE_ALL.where(predictions.c.prediction_id.not_in(_NEWEST_IDS))
_DELETE_USER = delete(users).where(IS_USER)


def _insert_row(
    connection: Connection, values: Mapping[str, Any], activity: Activity | None, keep_newest: int | None
) -> tuple[Row[Any], list[str]]:
    """Add a prediction and delete all but the newest; return the new row and the images of those deleted."""
    row = connection.execute(_INSERT, values).one()
    if activity:
        connection.execute(INSERT_ACTIVITY, {**values, "activity_type": activity, "description": None})
    deleted = connection.scalars(_DELETE_OLDER, {**values, "limit": keep_newest}) if keep_newest else ()
    return row, list(deleted)


@dataclass(slots=True)
class Attempt:
    """An attempt to save a prediction, passed to ``save`` again to retry without saving twice."""

    image: str = field(default_factory=new_name)
    may_be_saved: bool = False  # Whether its row may have been committed.


class Totals(NamedTuple):
    """Key figures of a history."""

    predictions: int
    confidence: float | None  # Average, 0 to 1; None without predictions.
    labeled: int
    correct: int  # How many of the labeled predictions match their label.


@dataclass(frozen=True, slots=True)
class History:
    """The predictions of one user; there is no way to reach those of another user.

    All methods raise StorageError if the database or the images are unavailable. Nothing is changed then.
    """

    database: Database
    images: Images
    user: User

    @UNSAVED.count_exceptions(StorageError)
    @STAGES.labels("record").time()
    def save(
        self,
        prediction: AnyPrediction,
        input_method: InputMethod,
        *,
        strokes: Sequence[Stroke] = (),
        filename: str | None = None,
        true_label: str | None = None,
        replacing: SavedPrediction | None = None,
        at: datetime | None = None,
        attempt: Attempt | None = None,
        activity: Activity | None = None,
        keep_newest: int | None = None,
    ) -> SavedPrediction:
        """Save a prediction with its image and return it once it is committed.

        ``replacing`` updates a prediction that is still in the history. Otherwise a new one is added, made ``at`` a
        time (now by default); the ``activity`` is logged with it, and all but the newest ``keep_newest`` predictions
        are deleted. To retry after a StorageError, pass the same ``attempt``, so that nothing is saved twice.
        """
        attempt = attempt or Attempt()
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            **user_parameters(self.user),
            **prediction_as_columns(prediction),
            "image_path": attempt.image,
            # PostgreSQL refuses NUL characters and strings that are too long.
            "image_filename": filename.replace("\0", "")[-_MAX_FILENAME_LENGTH:] if filename else None,
            "input_type": input_method,
            "strokes": as_json(strokes),
            "true_label": true_label,
            "changed_at": now,
        }

        def work(connection: Connection) -> tuple[Row[Any], list[str]]:
            """Return the row, and the names of images that are no longer needed.

            This can run again after a connection broke during the commit: then the row may exist already.
            """
            row = connection.execute(_WITH_IMAGE, values).first() if attempt.may_be_saved else None
            unused_images: list[str] = []
            if replacing:
                selected = {"selected_id": replacing.prediction_id, "replaced_image": replacing.image}
                row = row or connection.execute(_UPDATE, {**values, **selected}).first()
                if row and row.prediction_id == replacing.prediction_id:
                    unused_images = [replacing.image]
            if not row:
                added = {**values, "created_at": at or now}
                row, unused_images = _insert_row(connection, added, activity, keep_newest)
            attempt.may_be_saved = True
            return row, unused_images

        return self._write(prediction.steps[0].image, work, at or now, attempt)

    def _write(self, image: NDArray[np.uint8], work: _Work, at: datetime, attempt: Attempt) -> SavedPrediction:
        """Write the image and commit the row, again if the folder was deleted meanwhile."""
        try:
            while True:
                generation = self.database.generation
                self.images.write(image, attempt.image)
                saved = self._commit(work, at, attempt)
                if not self.database.reopen_if_lost() and self.database.generation == generation:
                    return saved
        except (OSError, ValueError) as error:
            logger.warning("A prediction was not saved: %s", error)
            raise StorageError(_NOT_SAVED) from error

    def _commit(self, work: _Work, at: datetime, attempt: Attempt) -> SavedPrediction:
        try:
            row, unused_images = run_for_user(self.database, self.user, work, at, _NOT_SAVED)
        except StorageError:
            # The database has logged why. PostgreSQL's reason for a refused row shows the row.
            logger.warning("A prediction was not saved")
            if not attempt.may_be_saved:
                self.images.delete(attempt.image)
            raise
        self.images.delete(*(name for name in unused_images if name != attempt.image))
        return saved_prediction_from_row(row)

    def set_label(self, prediction_id: int, true_label: str | None) -> SavedPrediction | None:
        """Set or, with None, remove the label of a prediction; return None if the prediction does not exist.

        Raises ValueError if the label is neither a number, which may contain ``?``, nor ``NO_DIGIT``.
        """
        if true_label not in (None, NO_DIGIT) and not re.fullmatch(_NUMBER, true_label or ""):
            raise ValueError(f"{true_label!r} is neither a number nor {NO_DIGIT!r}")
        parameters = {"selected_id": prediction_id, "true_label": true_label, "changed_at": datetime.now(UTC)}
        rows = self._execute(_SET_LABEL, _UNCHANGEABLE, **parameters)
        return saved_prediction_from_row(rows[0]) if rows else None

    def totals(self) -> Totals:
        """Return how many predictions there are, how confident they are, and how many are labeled and correct."""
        [row] = self._execute(_TOTALS)
        return Totals._make(row)

    def delete(self, prediction_id: int) -> bool:
        """Delete a prediction with its image, and return whether it existed."""
        return bool(self._delete(_DELETE, selected_id=prediction_id))

    def delete_many(self, images: Mapping[int, str]) -> int:
        """Delete the predictions with these IDs that still have these images, and return how many there were."""
        return self._delete(_DELETE_MANY, selected_ids=list(images), selected_images=list(images.values()))

    def delete_all(self) -> int:
        """Delete all predictions of the user with their images, and return how many there were."""
        return self._delete(_DELETE_ALL)

    def delete_account(self) -> None:
        """Delete the user with all predictions, images and activities."""

        def work(connection: Connection) -> list[str]:
            parameters = user_parameters(self.user)
            names = list(connection.scalars(_DELETE_ALL, parameters))
            connection.execute(_DELETE_USER, parameters)
            return names

        self.images.delete(*self.database.run(work, "Your account can't be deleted right now. Try again soon."))

    def all(self, filter: Filter = NO_FILTER) -> Iterator[SavedPrediction]:
        """Yield the predictions that match, newest first, reading a page at a time."""
        # Pages start after the last prediction instead of at an offset: predictions may come and go between pages.
        last = None
        query = partial(select_predictions, filter, Order.NEWEST, _PAGE_SIZE, columns=predictions.c)
        while page := self._list(query(after=last)):
            yield from page
            last = page[-1]

    def newest(self, limit: int) -> list[SavedPrediction]:
        """Return the latest predictions, newest first, without their strokes."""
        return self._list(_NEWEST, limit=limit)

    def page(self, filter: Filter, order: Order, limit: int, offset: int = 0) -> list[SavedPrediction]:
        """Return at most ``limit`` predictions that match, skipping the first ``offset``, without their strokes."""
        return self._list(select_predictions(filter, order, limit, offset))

    def neighbors(
        self, saved: SavedPrediction, filter: Filter, order: Order
    ) -> tuple[SavedPrediction | None, SavedPrediction | None]:
        """Return the predictions before and after one in a list, even if that one no longer matches."""
        before = self._list(select_predictions(filter, order.reverse, 1, after=saved))
        after = self._list(select_predictions(filter, order, 1, after=saved))
        return next(iter(before), None), next(iter(after), None)

    def get_many(self, images: Mapping[int, str]) -> list[SavedPrediction]:
        """Return the predictions with these IDs that still have these images, newest first."""
        return self._list(_GET_MANY, selected_ids=list(images), selected_images=list(images.values()))

    def get(self, prediction_id: int) -> SavedPrediction | None:
        """Return the prediction with this ID, or None if the user has no such prediction."""
        found = self._list(_select_own(predictions).where(predictions.c.prediction_id == prediction_id))
        return found[0] if found else None

    def count(self, filter: Filter = NO_FILTER) -> int:
        """Return how many predictions match."""
        return int(self._execute(_select_own(func.count()).where(*filter.conditions))[0][0])

    def models(self) -> list[str]:
        """Return the names of the models that made the predictions, sorted."""
        return [row.model for row in self._execute(_MODELS)]

    def picture(self, saved: SavedPrediction) -> bytes | None:
        """Return the image of a prediction as a PNG or JPEG file, or None if it is missing."""
        try:
            return self.images.read(saved.image)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError("Images can't be loaded right now. Try again soon.") from error

    def _execute(self, statement: Any, error_message: str = _UNREADABLE, **parameters: Any) -> list[Row[Any]]:
        values = {**user_parameters(self.user), **parameters}
        return self.database.run(lambda connection: list(connection.execute(statement, values)), error_message)

    def _list(self, query: Select[Any], **parameters: Any) -> list[SavedPrediction]:
        return [saved_prediction_from_row(row) for row in self._execute(query, **parameters)]

    def _delete(self, statement: Any, **parameters: Any) -> int:
        rows = self._execute(statement, _UNCHANGEABLE, **parameters)
        # Only after the commit, and in bulk: images that stay are deleted by the daily cleanup.
        self.images.delete(*(row.image_path for row in rows))
        return len(rows)


def open_history(data: Path, user: User, database_url: str | None = None, images: str | None = None) -> History:
    """Return a user's history in a data folder: a SQLite file and a folder of images, created on first use.

    A PostgreSQL URL and another place for images take the place of these. Raises StorageError if one is not supported.
    """
    return History(Database(database_url or data / "digitrec.sqlite"), Images(images or data / "images"), user)
