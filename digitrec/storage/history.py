"""One person's records, and nobody else's."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.errors import AccountClosed, StorageError
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import AnyPrediction, InputMethod
from digitrec.server.metrics import STAGES, UNSAVED
from digitrec.storage.access import IS_OWN, IS_USER, USER_ID, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.filters import NO_FILTER, READ_RIGHT, Filter, Order, select_predictions
from digitrec.storage.images import Images, new_name
from digitrec.storage.saved_prediction import NO_DIGIT, SavedPrediction, as_json, saved_prediction_from_row
from digitrec.storage.schema import MAX_LABEL_LENGTH, Activity, activity_logs, predictions, user_statistics, users

_EXPORT_PAGE = 500
_LONGEST_NAME = 255
_NUMBER = rf"(?=.*[0-9])[0-9?]{{1,{MAX_LABEL_LENGTH}}}"


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One thing a person did."""

    activity: Activity
    description: str | None
    at: datetime


def _mine(*columns: Any) -> Select[Any]:
    """A query for columns of the records of the person bound to ``me``; there is no other way to them."""
    return select(*columns).select_from(predictions).where(IS_OWN)


# Every stroke runs these three; putting them together anew would take longer than running them.
_INSERT = insert(predictions).values(user_id=USER_ID).returning(predictions)
# SQLite gives the id of a deleted record to another one; nobody gives the name of a picture twice.
_UPDATE = (
    update(predictions)
    .where(
        IS_OWN,
        predictions.c.prediction_id == bindparam("selected_id"),
        predictions.c.image_path == bindparam("picture_before"),
    )
    .returning(predictions)
)
_LOG = insert(activity_logs).values(user_id=USER_ID).returning(activity_logs.c.log_id)
_WITH_PICTURE = _mine(predictions).where(predictions.c.image_path == bindparam("image_path"))
_TOLD = _mine(
    func.count(predictions.c.true_label).label("told"),
    func.count(case((READ_RIGHT, 1))).label("right"),
)
_MODELS = _mine(predictions.c.model).distinct().order_by(predictions.c.model)
_CORRECT = (
    update(predictions)
    .where(IS_OWN, predictions.c.prediction_id == bindparam("selected_id"))
    .values(true_label=bindparam("true_label"), changed_at=bindparam("changed_at"))
    .returning(predictions)
)
_DELETE_ALL = delete(predictions).where(IS_OWN).returning(predictions.c.image_path)
_DELETE = _DELETE_ALL.where(predictions.c.prediction_id == bindparam("selected_id"))
# By the name of its picture too: its id may by now be another record's, and a drawing that went on is not the one that
# was shown.
_SHOWN = predictions.c.prediction_id.in_(bindparam("selected_ids", expanding=True)) & predictions.c.image_path.in_(
    bindparam("pictures", expanding=True)
)
_DELETE_SEVERAL = _DELETE_ALL.where(_SHOWN)
_NEWEST = _mine(predictions).order_by(*Order.NEWEST.by).limit(bindparam("limit"))
_THE_NEWEST = _mine(predictions.c.prediction_id).order_by(*Order.NEWEST.by).limit(bindparam("limit"))
_DELETE_OLDER = _DELETE_ALL.where(predictions.c.prediction_id.not_in(_THE_NEWEST))
_FORGET = delete(users).where(IS_USER)


@dataclass(slots=True)
class Attempt:
    """A try at keeping one recognition: the name of its picture, and whether it may have been kept already."""

    image: str = field(default_factory=new_name)
    was_made: bool = False


class _Written(NamedTuple):
    """What came of writing a record."""

    row: Row[Any]
    is_new: bool = False
    dropped: Sequence[str] = ()
    """The pictures of older records that were deleted for it."""


@dataclass(frozen=True, slots=True)
class _Write:
    """Writes one record, and not twice where a connection broke on the commit and nobody knows whether it was kept.

    With a new one it takes note of the activity it came by, and deletes all records but so many, the newest.
    """

    values: dict[str, Any]
    instead: SavedPrediction | None
    created_at: datetime
    attempt: Attempt
    activity: Activity | None
    keep: int | None

    def __call__(self, connection: Connection) -> _Written:
        again, self.attempt.was_made = self.attempt.was_made, True
        if again and (row := connection.execute(_WITH_PICTURE, self.values).first()):
            return _Written(row, not self.instead or row.prediction_id != self.instead.prediction_id)
        if self.instead:
            before = {"selected_id": self.instead.prediction_id, "picture_before": self.instead.image}
            if row := connection.execute(_UPDATE, {**self.values, **before}).first():
                return _Written(row)
        values = {**self.values, "created_at": self.created_at}
        row = connection.execute(_INSERT, values).one()
        if self.activity:
            connection.execute(_LOG, {**values, "activity_type": self.activity, "description": None})
        older = connection.scalars(_DELETE_OLDER, {**values, "limit": self.keep}).all() if self.keep else ()
        return _Written(row, True, older)


@dataclass(frozen=True, slots=True)
class History:
    """What one person handed in and what was read in it; whoever holds this reaches no other person's."""

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
        instead: SavedPrediction | None = None,
        at: datetime | None = None,
        attempt: Attempt | None = None,
        activity: Activity | None = None,
        keep: int | None = None,
    ) -> SavedPrediction:
        """Remember a recognition with its picture; what is returned is committed.

        ``true_label`` is what it really is, as far as somebody told. ``instead`` of a record that is still there, that
        record is brought up to date; else there is a new one, of the moment ``at`` or of now, and with it are
        remembered the ``activity`` it came by, and of all history only the ``keep`` newest. Who tries again after a
        StoreError hands in the same ``attempt``, so that what was kept after all is not kept twice.

        Raises:
            StoreError: it could not be kept; nothing of it is.
        """
        values: dict[str, Any] = {
            "image_filename": _cleaned(filename),
            "mode": prediction.mode,
            "input_type": input_method,
            "predicted_label": prediction.label[:MAX_LABEL_LENGTH],
            "confidence": round(prediction.confidence, 4),
            "verdict": prediction.verdict,
            "reason": prediction.reason,
            "probabilities": [round(probability, 6) for probability in prediction.probabilities],
            "strokes": as_json(strokes),
            "true_label": true_label,
            "model": prediction.model,
            "model_version": prediction.model_version,
            "processing_time_ms": prediction.milliseconds,
        }
        attempt = attempt or Attempt()
        values |= {"image_path": attempt.image, "changed_at": datetime.now(UTC), **user_parameters(self.user)}
        write = _Write(values, instead, at or datetime.now(UTC), attempt, activity, keep)
        picture = prediction.steps[0].image
        try:
            while True:
                generation = self.database.generation
                saved = self._save(write, picture)
                if not self.database.reopen_if_lost() and self.database.generation == generation:
                    return saved
                # The folder was taken away meanwhile, with the picture or with the file that the commit went to.
        except (OSError, ValueError, SQLAlchemyError) as error:
            raise StorageError(
                "This one is not kept, the history cannot be written at the moment; it is tried again by itself."
            ) from error

    def _save(self, write: _Write, picture: NDArray[np.uint8]) -> SavedPrediction:
        self.images.write(picture, write.attempt.image)
        try:
            row, is_new, dropped = self._write(write)
        except (AccountClosed, SQLAlchemyError):
            # Refused, and for good. After an outage the picture stays: nobody knows whether its record is there.
            self.images.delete(write.attempt.image)
            raise
        for name in dropped:
            self.images.delete(name)
        if write.instead and not is_new and write.instead.image != write.attempt.image:
            self.images.delete(write.instead.image)
        return saved_prediction_from_row(row)

    def _write(self, write: _Write) -> _Written:
        try:
            return self.database.run(write)
        except IntegrityError:
            # The first record of a person: there is no user to belong to yet.
            self._add_user(write.created_at)
            return self.database.run(write)

    def log(self, activity: Activity, description: str | None = None) -> None:
        """Remember that this person did something.

        Raises:
            StoreError: it cannot be kept.
        """
        now = datetime.now(UTC)
        values = {"activity_type": activity, "description": description, "created_at": now}
        try:
            self._change(_LOG, **values)
        except StorageError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            # The first thing a person does: there is no user yet.
            self._add_user(now)
            self._change(_LOG, **values)

    def activities(self, limit: int = 30, kind: Activity | None = None) -> list[ActivityEntry]:
        """The last things this person did, the newest first, all or of one kind.

        Raises:
            StoreError: they cannot be read.
        """
        column = activity_logs.c
        query = select(column.activity_type, column.description, column.created_at).where(column.user_id == USER_ID)
        if kind:
            query = query.where(column.activity_type == kind)
        newest = query.order_by(column.created_at.desc(), column.log_id.desc()).limit(limit)
        return [
            ActivityEntry(Activity(row.activity_type), row.description, row.created_at) for row in self._rows(newest)
        ]

    def statistics(self) -> Row[Any] | None:
        """This person's line of the view ``user_statistics``, None where nothing was ever kept of them.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._rows(select(user_statistics).where(user_statistics.c.user_id == USER_ID))
        return rows[0] if rows else None

    def since(self) -> datetime | None:
        """Since when this person is known, None where nothing is kept of them.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._rows(select(users.c.created_at).where(users.c.user_id == USER_ID))
        return rows[0].created_at if rows else None

    def told(self) -> tuple[int, int]:
        """Of how many records the person told what they really are, and how many of those were read right.

        Raises:
            StoreError: they cannot be counted.
        """
        [row] = self._rows(_TOLD)
        return row.told, row.right

    def set_label(self, prediction_id: int, true_label: str | None) -> SavedPrediction | None:
        """Remember what a drawing really is, or with None that nobody said; None where there is no such record.

        Raises:
            ValueError: nothing is called so: neither a number, be it with ``?`` among its digits, nor ``NO_DIGIT``.
            StoreError: it cannot be kept.
        """
        if true_label not in (None, NO_DIGIT) and not re.fullmatch(_NUMBER, true_label or ""):
            raise ValueError(f"{true_label!r} is neither a number nor {NO_DIGIT!r}")
        rows = self._change(_CORRECT, selected_id=prediction_id, true_label=true_label, changed_at=datetime.now(UTC))
        return saved_prediction_from_row(rows[0]) if rows else None

    def delete(self, prediction_id: int) -> bool:
        """Delete a record and its picture, and return whether there was one.

        Raises:
            StoreError: it cannot be deleted.
        """
        return bool(self._remove(_DELETE, selected_id=prediction_id))

    def delete_many(self, shown: Mapping[int, str]) -> int:
        """Delete the records with these ids that still have the pictures they were shown with, and return how many.

        Raises:
            StoreError: they cannot be deleted; none of them is.
        """
        return self._remove(_DELETE_SEVERAL, **_bound_to_shown(shown))

    def delete_all(self) -> int:
        """Delete all records of this person and their pictures, and return how many there were.

        Raises:
            StoreError: they cannot be deleted; none of them is.
        """
        return self._remove(_DELETE_ALL)

    def delete_account(self) -> None:
        """Delete everything that is kept of this person: records, pictures, activities, and the account itself.

        Raises:
            StoreError: it cannot be deleted; nothing is.
        """

        def forget(connection: Connection) -> list[str]:
            me = user_parameters(self.user)
            paths = connection.scalars(_DELETE_ALL, me).all()
            connection.execute(_FORGET, me)
            return list(paths)

        for name in self.database.run(forget, "The account cannot be deleted at the moment."):
            self.images.delete(name)

    def all(self, which: Filter = NO_FILTER) -> Iterator[SavedPrediction]:
        """Every record that fits, the newest first, read in pages.

        Raises:
            StoreError: they cannot be read.
        """
        # By what comes after the last one, not by how many to leave out: records may come and go between the pages.
        last = None
        while page := self._listed(select_predictions(which, Order.NEWEST, _EXPORT_PAGE, after=last)):
            yield from page
            last = page[-1]

    def newest(self, limit: int) -> list[SavedPrediction]:
        """The records from the newest back, ``limit`` of them.

        Raises:
            StoreError: they cannot be read.
        """
        return self._listed(_NEWEST, limit=limit)

    def page(self, which: Filter, order: Order, limit: int, offset: int = 0) -> list[SavedPrediction]:
        """The records that fit, in an order, ``limit`` of them after leaving out ``offset``.

        Raises:
            StoreError: they cannot be read.
        """
        return self._listed(select_predictions(which, order, limit, offset))

    def beside(
        self, saved: SavedPrediction, which: Filter, order: Order
    ) -> tuple[SavedPrediction | None, SavedPrediction | None]:
        """The records before and after one among those that fit, whether or not it still fits itself.

        Raises:
            StoreError: they cannot be read.
        """
        before = self._listed(select_predictions(which, order.reverse, 1, after=saved))
        after = self._listed(select_predictions(which, order, 1, after=saved))
        return next(iter(before), None), next(iter(after), None)

    def get_many(self, shown: Mapping[int, str]) -> list[SavedPrediction]:
        """The records with these ids that still have the pictures they were shown with, the newest first.

        Raises:
            StoreError: they cannot be read.
        """
        return self._listed(_mine(predictions).where(_SHOWN).order_by(*Order.NEWEST.by), **_bound_to_shown(shown))

    def get(self, prediction_id: int) -> SavedPrediction | None:
        """The record with this id, None where this person has no such record.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._rows(_mine(predictions).where(predictions.c.prediction_id == prediction_id))
        return saved_prediction_from_row(rows[0]) if rows else None

    def count(self, which: Filter = NO_FILTER) -> int:
        """How many records fit.

        Raises:
            StoreError: they cannot be counted.
        """
        return int(self._rows(_mine(func.count()).where(*which.conditions))[0][0])

    def models(self) -> list[str]:
        """The names of the models that read the records, in alphabetical order.

        Raises:
            StoreError: they cannot be read.
        """
        return [row.model for row in self._rows(_MODELS)]

    def picture(self, saved: SavedPrediction) -> bytes | None:
        """The picture of a record of this person's as a PNG or JPEG file, None where it is gone.

        Raises:
            StoreError: pictures cannot be reached.
        """
        try:
            return self.images.read(saved.image)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError("Pictures cannot be reached at the moment.") from error

    def _add_user(self, now: datetime) -> None:
        if not self.user.is_guest and self.user.subject != LOCAL_USER.subject:
            # Who signed in is there since then, unless they deleted the account, were disabled, or signed out.
            raise AccountClosed("This account is not open any more. Sign in again.")
        user = {"google_id": self.user.subject, "email": self.user.email, "name": self.user.name}
        # Another session of the same person may come first.
        with suppress(IntegrityError):
            self.database.run(lambda connection: connection.execute(insert(users).values(created_at=now, **user)))

    def _rows(self, query: Select[Any], **parameters: Any) -> list[Row[Any]]:
        return self._run(query, parameters, "The history cannot be read at the moment.")

    def _listed(self, query: Select[Any], **parameters: Any) -> list[SavedPrediction]:
        return [saved_prediction_from_row(row) for row in self._rows(query, **parameters)]

    def _change(self, statement: Any, **parameters: Any) -> list[Row[Any]]:
        return self._run(statement, parameters, "The history cannot be changed at the moment.")

    def _run(self, statement: Any, parameters: dict[str, Any], complaint: str) -> list[Row[Any]]:
        values = {**user_parameters(self.user), **parameters}
        return self.database.run(lambda connection: list(connection.execute(statement, values)), complaint)

    def _remove(self, statement: Any, **parameters: Any) -> int:
        rows = self._change(statement, **parameters)
        for row in rows:
            self.images.delete(row.image_path)
        return len(rows)


def open_history(data: Path, user: User, database_url: str | None = None, pictures: str | None = None) -> History:
    """A person's records, in a data folder that is made where it is missing: a SQLite file and, beside it, pictures.

    With a URL of PostgreSQL the records are there instead, and with another place for pictures, those.

    Raises:
        StoreError: there is no such kind of database or place for pictures.
    """
    return History(Database(database_url or data / "digitrec.sqlite"), Images(pictures or data / "images"), user)


def _bound_to_shown(shown: Mapping[int, str]) -> dict[str, Any]:
    return {"selected_ids": list(shown), "pictures": list(shown.values())}


def _cleaned(filename: str | None) -> str | None:
    # PostgreSQL takes no NUL, and cuts nothing.
    return filename.replace("\0", "")[-_LONGEST_NAME:] if filename else None
