"""Records in numbers: one person's, or everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Float, Integer, Select, case, cast, func, select

from digitrec.accounts import Person
from digitrec.recognition.recognition import Verdict
from digitrec.store.database import Database
from digitrec.store.schema import predictions, users
from digitrec.store.whose import IS_GUEST, IS_MINE, bound_to

CONFIDENCE_BINS = 20
FEWEST_PEOPLE = 5
"""How many people numbers over everybody have to be of, to tell nothing of any one."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time from ``since`` (included) to ``until`` (left out); None leaves an end open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The records of a period in numbers."""

    records: int
    people: int
    """Of how many people they are, guests left out, as far as ``FEWEST_PEOPLE``."""
    unsure: int
    confidence: float
    """Average over the records, 0 to 1."""
    milliseconds: float
    """Average processing time."""
    labels: pd.DataFrame
    """``label``, ``verdict``, ``bin`` (the confidence in twentieths, 0 to 19), ``records``; digits only."""
    days: pd.DataFrame
    """``day`` in the viewer's time zone, ``records``, ``confidence`` and ``milliseconds`` on average."""


def summary(database: Database, period: Period, zone: tzinfo, person: Person | None = None) -> Summary:
    """The records of a period in numbers, a person's or everybody's, days as they are in the viewer's time zone.

    Raises:
        StoreError: they cannot be read.
    """
    column = predictions.c
    within = [
        *([IS_MINE] if person else []),
        *([column.created_at >= period.since] if period.since else []),
        *([column.created_at < period.until] if period.until else []),
    ]
    return database.run(
        lambda connection: _summary(connection, within, zone, person), "The statistics cannot be read at the moment."
    )


def _summary(
    connection: Connection, within: Sequence[ColumnElement[bool]], zone: tzinfo, person: Person | None
) -> Summary:
    me = bound_to(person) if person else {}

    def frame(query: Select[Any]) -> pd.DataFrame:
        found = connection.execute(query.where(*within), me)
        return pd.DataFrame(found.all(), columns=list(found.keys()))

    column = predictions.c
    sqlite = connection.dialect.name == "sqlite"
    # A hair less than the number of bins, so that a confidence of 1 falls into the last one. A cast cuts off in
    # SQLite and rounds in PostgreSQL.
    scaled = cast(column.confidence, Float) * (CONFIDENCE_BINS - 1e-4)
    earliest = connection.scalar(select(func.min(column.created_at)).where(*within), me) or datetime.now(UTC)
    by = (
        _local_day(column.created_at, zone, earliest, datetime.now(UTC), sqlite).label("day"),
        column.predicted_label.label("label"),
        column.verdict,
        cast(scaled if sqlite else func.floor(scaled), Integer).label("bin"),
    )
    # All of it in one pass: going through a million records takes longer than anything that is done with the sums.
    sums = frame(
        select(
            *by,
            func.count().label("records"),
            cast(func.sum(column.confidence), Float).label("confidence"),
            func.sum(column.processing_time_ms).label("milliseconds"),
        ).group_by(*by)
    )
    says_digit = sums["verdict"].isin([verdict for verdict in Verdict if verdict.says_digit])
    labels = sums[says_digit].groupby(["label", "verdict", "bin"], as_index=False)[["records"]].sum()
    days = sums.groupby("day", as_index=False)[["records", "confidence", "milliseconds"]].sum()
    total = int(days["records"].sum())
    is_guest = column.user_id.in_(select(users.c.user_id).where(IS_GUEST))
    some = select(column.user_id).where(*within, ~is_guest).distinct().limit(FEWEST_PEOPLE).subquery()
    return Summary(
        records=total,
        people=connection.scalar(select(func.count()).select_from(some), me) or 0,
        unsure=int(labels.loc[labels["verdict"] == Verdict.UNSURE, "records"].sum()),
        confidence=float(days["confidence"].sum() / max(total, 1)),
        milliseconds=float(days["milliseconds"].sum() / max(total, 1)),
        labels=labels,
        days=days.assign(
            day=pd.to_datetime(days["day"]),
            confidence=days["confidence"] / days["records"],
            milliseconds=days["milliseconds"] / days["records"],
        ),
    )


def _local_day(
    moment: ColumnElement[datetime], zone: tzinfo, earliest: datetime, latest: datetime, sqlite: bool
) -> ColumnElement[str]:
    """The day of a moment on a clock in this zone, which may be changed between the earliest and the latest moment."""

    def day(offset: timedelta) -> ColumnElement[str]:
        if not sqlite:
            return func.to_char(func.timezone("UTC", moment) + offset, "YYYY-MM-DD")
        return func.date(moment, f"{round(offset.total_seconds() / 60):+d} minutes")

    def offset_at(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    changes = []
    now = earliest.replace(minute=0, second=0, microsecond=0)
    offset = offset_at(now)
    while now < latest:
        tomorrow = now + timedelta(days=1)
        if offset_at(tomorrow) != offset:
            while offset_at(now) == offset:
                now += timedelta(minutes=15)
            changes.append((moment < now, day(offset)))
            offset = offset_at(now)
        now = tomorrow
    return case(*changes, else_=day(offset)) if changes else day(offset)
