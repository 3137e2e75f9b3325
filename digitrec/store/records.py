"""One person's records, and nobody else's."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from digitrec.accounts import Person
from digitrec.errors import StoreError
from digitrec.imaging.strokes import Stroke
from digitrec.recognition.kinds import Kind
from digitrec.recognition.recognition import Recognition, Source, Verdict
from digitrec.store.database import Database
from digitrec.store.images import Images
from digitrec.store.schema import Activity, activity_logs, predictions, user_statistics, users
from digitrec.store.summary import Period, Summary, summary

_EXPORT_PAGE = 500


@dataclass(frozen=True, slots=True)
class Record:
    """One drawing or picture that was read, as it is remembered."""

    record_id: int
    created_at: datetime
    source: Source
    label: str
    confidence: float
    verdict: Verdict
    probabilities: tuple[float, ...]
    model: str
    milliseconds: float
    image: str
    """The name its picture is kept under."""
    reason: Kind | None
    """What it is instead, where the verdict is *not a digit*."""
    filename: str | None
    """What the person's file was called, where there was one."""
    strokes: tuple[Stroke, ...]
    """The movements of the pen, where they are known."""
    true_label: str | None
    """What it really is, where the person told."""
    changed_at: datetime

    @property
    def text(self) -> str:
        """The digit to be told, nothing where there is none."""
        return self.label if self.verdict.says_digit else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a person did."""

    activity: Activity
    description: str | None
    at: datetime


def _mine(*columns: Any) -> Select[Any]:
    """A query for columns of the records of the person bound to ``me``; there is no other way to them."""
    return select(*columns).select_from(predictions).where(_IS_MINE)


# Nobody, where an administrator has disabled them.
_ME = (
    select(users.c.user_id).where(users.c.google_id == bindparam("me"), users.c.disabled_at.is_(None)).scalar_subquery()
)
_IS_MINE = predictions.c.user_id == _ME
# Every stroke runs these three; putting them together anew would take longer than running them.
_INSERT = insert(predictions).values(user_id=_ME).returning(predictions)
_UPDATE = (
    update(predictions).where(_IS_MINE, predictions.c.prediction_id == bindparam("record_id")).returning(predictions)
)
_LOG = insert(activity_logs).values(user_id=_ME).returning(activity_logs.c.log_id)
_WITH_PICTURE = _mine(predictions).where(predictions.c.image_path == bindparam("image_path"))
_CORRECT = (
    update(predictions)
    .where(_IS_MINE, predictions.c.prediction_id == bindparam("record_id"))
    .values(true_label=bindparam("true_label"), changed_at=bindparam("changed_at"))
    .returning(predictions)
)
_DELETE_ALL = delete(predictions).where(_IS_MINE).returning(predictions.c.image_path)
_DELETE = _DELETE_ALL.where(predictions.c.prediction_id == bindparam("record_id"))
_THE_NEWEST = (
    _mine(predictions.c.prediction_id)
    .order_by(predictions.c.created_at.desc(), predictions.c.prediction_id.desc())
    .limit(bindparam("limit"))
)
_DELETE_OLDER = _DELETE_ALL.where(predictions.c.prediction_id.not_in(_THE_NEWEST))
_FORGET = delete(users).where(users.c.google_id == bindparam("me"))
_NEWEST = (
    _mine(predictions)
    .order_by(predictions.c.created_at.desc(), predictions.c.prediction_id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


@dataclass(frozen=True, slots=True)
class Records:
    """What one person handed in and what was read in it; whoever holds this reaches no other person's."""

    database: Database
    images: Images
    person: Person

    def save(
        self,
        recognition: Recognition,
        source: Source,
        *,
        strokes: Sequence[Stroke] = (),
        filename: str | None = None,
        instead: Record | None = None,
        at: datetime | None = None,
    ) -> Record:
        """Remember a recognition with its picture; what is returned is committed.

        ``instead`` of a record that is still there, that record is brought up to date; else there is a new one, of
        the moment ``at`` or of now.

        Raises:
            StoreError: it could not be kept; nothing of it is.
        """
        values = {
            "image_filename": filename,
            "input_type": source,
            "predicted_label": recognition.label,
            "confidence": round(recognition.confidence, 4),
            "verdict": recognition.verdict,
            "reason": recognition.reason,
            "probabilities": [round(probability, 6) for probability in recognition.probabilities],
            "strokes": as_json(strokes),
            "model": recognition.model,
            "model_version": recognition.model_version,
            "processing_time_ms": recognition.milliseconds,
        }
        picture = recognition.steps[0].picture
        try:
            record = self._save(values, picture, instead, at)
            while self.database.reopen_if_lost():
                # The file was taken away under the commit, which thus went nowhere.
                record = self._save(values, picture, None, at)
            return record
        except (OSError, SQLAlchemyError) as error:
            raise StoreError(
                "This one is not kept, the history cannot be written at the moment; it is tried again by itself."
            ) from error

    def _save(
        self,
        values: dict[str, Any],
        picture: NDArray[np.uint8],
        instead: Record | None,
        at: datetime | None,
        user_is_there: bool = False,
    ) -> Record:
        now = datetime.now(UTC)
        image = self.images.write(picture)
        row_values = {**values, "me": self.person.subject, "image_path": image, "changed_at": now}
        try:
            row, is_new = self.database.run(_Write(row_values, instead, at or now))
        except IntegrityError:
            self.images.delete(image)
            if user_is_there:
                raise
            # The first record of a person: there is no user to belong to yet.
            self._add_user(now)
            return self._save(values, picture, instead, at, user_is_there=True)
        except BaseException:
            self.images.delete(image)
            raise
        if instead and not is_new:
            self.images.delete(instead.image)
        return _record(row)

    def log(self, activity: Activity, description: str | None = None) -> None:
        """Remember that this person did something.

        Raises:
            StoreError: it cannot be kept.
        """
        now = datetime.now(UTC)
        values = {"activity_type": activity, "description": description, "created_at": now}
        try:
            self._change(_LOG, **values)
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            # The first thing a person does: there is no user yet.
            self._add_user(now)
            self._change(_LOG, **values)

    def activities(self, limit: int = 30, kind: Activity | None = None) -> list[Entry]:
        """The last things this person did, the newest first, all or of one kind.

        Raises:
            StoreError: they cannot be read.
        """
        column = activity_logs.c
        query = select(column.activity_type, column.description, column.created_at).where(column.user_id == _ME)
        if kind:
            query = query.where(column.activity_type == kind)
        newest = query.order_by(column.created_at.desc(), column.log_id.desc()).limit(limit)
        return [Entry(Activity(row.activity_type), row.description, row.created_at) for row in self._rows(newest)]

    def statistics(self) -> Row[Any] | None:
        """This person's line of the view ``user_statistics``, None where nothing was ever kept of them.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._rows(select(user_statistics).where(user_statistics.c.google_id == bindparam("me")))
        return rows[0] if rows else None

    def correct(self, record_id: int, true_label: str | None) -> Record | None:
        """Remember what a drawing really is, or with None that nobody said; None where there is no such record.

        Raises:
            StoreError: it cannot be kept.
        """
        rows = self._change(_CORRECT, record_id=record_id, true_label=true_label, changed_at=datetime.now(UTC))
        return _record(rows[0]) if rows else None

    def delete(self, record_id: int) -> bool:
        """Delete a record and its picture, and return whether there was one.

        Raises:
            StoreError: it cannot be deleted.
        """
        return bool(self._remove(_DELETE, record_id=record_id))

    def delete_all(self) -> int:
        """Delete all records of this person and their pictures, and return how many there were.

        Raises:
            StoreError: they cannot be deleted; none of them is.
        """
        return self._remove(_DELETE_ALL)

    def keep_newest(self, count: int) -> None:
        """Delete all but the newest records, with their pictures.

        Raises:
            StoreError: they cannot be deleted; none of them is.
        """
        self._remove(_DELETE_OLDER, limit=count)

    def forget_person(self) -> None:
        """Delete everything that is kept of this person: records, pictures, activities, and the account itself.

        Raises:
            StoreError: it cannot be deleted; nothing is.
        """

        def forget(connection: Connection) -> list[str]:
            me = {"me": self.person.subject}
            paths = connection.scalars(_DELETE_ALL, me).all()
            connection.execute(_FORGET, me)
            return list(paths)

        try:
            names = self.database.run(forget)
        except SQLAlchemyError as error:
            raise StoreError("The account cannot be deleted at the moment.") from error
        for name in names:
            self.images.delete(name)

    def all(self) -> Iterator[Record]:
        """Every record, the newest first, read in pages.

        Raises:
            StoreError: they cannot be read.
        """
        page = 0
        while records := self.newest(_EXPORT_PAGE, page * _EXPORT_PAGE):
            yield from records
            page += 1

    def newest(self, limit: int, offset: int = 0) -> list[Record]:
        """The records from the newest back, ``limit`` of them after leaving out ``offset``.

        Raises:
            StoreError: they cannot be read.
        """
        return [_record(row) for row in self._rows(_NEWEST, limit=limit, offset=offset)]

    def get(self, record_id: int) -> Record | None:
        """The record with this id, None where this person has no such record.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._rows(_mine(predictions).where(predictions.c.prediction_id == record_id))
        return _record(rows[0]) if rows else None

    def count(self) -> int:
        """How many records there are.

        Raises:
            StoreError: they cannot be counted.
        """
        return int(self._rows(_mine(func.count()))[0][0])

    def picture(self, record: Record) -> bytes | None:
        """The picture of a record of this person's as a PNG or JPEG file, None where it is gone."""
        try:
            return self.images.read(record.image)
        except OSError:
            return None

    def summary(self, period: Period, zone: tzinfo) -> Summary:
        """The records of a period in numbers, days as they are in the viewer's time zone.

        Raises:
            StoreError: they cannot be read.
        """
        return summary(self.database, period, zone, self.person)

    def _add_user(self, now: datetime) -> None:
        person = {"google_id": self.person.subject, "email": self.person.email, "name": self.person.name}
        # Another session of the same person may come first.
        with suppress(IntegrityError):
            self.database.run(lambda connection: connection.execute(insert(users).values(created_at=now, **person)))

    def _rows(self, query: Select[Any], **parameters: Any) -> list[Row[Any]]:
        try:
            return self._run(query, parameters)
        except (OSError, SQLAlchemyError) as error:
            raise StoreError("The history cannot be read at the moment.") from error

    def _change(self, statement: Any, **parameters: Any) -> list[Row[Any]]:
        try:
            return self._run(statement, parameters)
        except (OSError, SQLAlchemyError) as error:
            raise StoreError("The history cannot be changed at the moment.") from error

    def _run(self, statement: Any, parameters: dict[str, Any]) -> list[Row[Any]]:
        values = {"me": self.person.subject, **parameters}
        return self.database.run(lambda connection: list(connection.execute(statement, values)))

    def _remove(self, statement: Any, **parameters: Any) -> int:
        rows = self._change(statement, **parameters)
        for row in rows:
            self.images.delete(row.image_path)
        return len(rows)


class _Write:
    """Writes one record, and not twice where the connection broke on the commit and nobody knows whether it was kept.

    Gives its row, and whether it is a new one.
    """

    def __init__(self, values: dict[str, Any], instead: Record | None, created_at: datetime) -> None:
        self.values, self.instead, self.created_at = values, instead, created_at
        self.was_tried = False

    def __call__(self, connection: Connection) -> tuple[Row[Any], bool]:
        row = None
        if self.instead:
            row = connection.execute(_UPDATE, {**self.values, "record_id": self.instead.record_id}).first()
        if row:
            return row, False
        if self.was_tried:
            row = connection.execute(
                _WITH_PICTURE, {"me": self.values["me"], "image": self.values["image_path"]}
            ).first()
        self.was_tried = True
        return row or connection.execute(_INSERT, {**self.values, "created_at": self.created_at}).one(), True


def open_records(data: Path, person: Person, database_url: str | None = None, pictures: str | None = None) -> Records:
    """A person's records, in a data folder that is made where it is missing: a SQLite file and, beside it, pictures.

    With a URL of PostgreSQL the records are there instead, and with another place for pictures, those.

    Raises:
        StoreError: there is no such kind of database or place for pictures.
    """
    return Records(Database(database_url or data / "digitrec.sqlite"), Images(pictures or data / "images"), person)


def _record(row: Row[Any]) -> Record:
    return Record(
        record_id=row.prediction_id,
        created_at=row.created_at,
        source=Source(row.input_type),
        label=row.predicted_label,
        confidence=row.confidence,
        verdict=Verdict(row.verdict),
        probabilities=tuple(row.probabilities),
        model=row.model,
        milliseconds=row.processing_time_ms,
        image=row.image_path,
        reason=Kind(row.reason) if row.reason else None,
        filename=row.image_filename,
        strokes=_as_strokes(row.strokes),
        true_label=row.true_label,
        changed_at=row.changed_at,
    )


def as_json(strokes: Sequence[Stroke]) -> list[dict[str, Any]] | None:
    """Strokes as they are kept, to a tenth of a pixel; None where there are none."""
    if not strokes:
        return None
    return [
        {"width": round(stroke.width, 1), "points": [[round(x, 1), round(y, 1)] for x, y in stroke.points]}
        for stroke in strokes
    ]


def _as_strokes(kept: list[dict[str, Any]] | None) -> tuple[Stroke, ...]:
    return tuple(Stroke(tuple((x, y) for x, y in stroke["points"]), stroke["width"]) for stroke in kept or ())
