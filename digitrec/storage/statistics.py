"""Sums over everybody; nothing in them is one person's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Float, Select, cast, func, select

from digitrec.storage.access import IS_GUEST
from digitrec.storage.database import Database
from digitrec.storage.schema import daily_analytics, popular_labels, predictions, users

_UNREAD = "The statistics cannot be read at the moment."
_PEOPLE = select(func.count()).select_from(users).where(~IS_GUEST)


@dataclass(frozen=True, slots=True)
class Overall:
    """How much there is."""

    users: int
    predictions: int
    confidence: float | None
    """Average over the predictions, None where there are none."""


def overall(database: Database) -> Overall:
    """How many users, guests left out, and predictions there are, and how sure the models were on average.

    Raises:
        StoreError: it cannot be read.
    """
    counts = select(
        _PEOPLE.scalar_subquery(),
        select(func.count()).select_from(predictions).scalar_subquery(),
        select(cast(func.avg(predictions.c.confidence), Float)).scalar_subquery(),
    )
    return Overall(*database.run(lambda connection: connection.execute(counts).one(), _UNREAD))


def people(database: Database) -> int:
    """How many people there are, guests left out.

    Raises:
        StoreError: it cannot be read.
    """
    return database.run(lambda connection: connection.execute(_PEOPLE).scalar_one(), _UNREAD)


def last_days(database: Database, days: int = 7, today: date | None = None) -> pd.DataFrame:
    """What happened on each of the last days (UTC) on which something did, as the view ``daily_analytics`` tells it.

    Raises:
        StoreError: it cannot be read.
    """
    since = (today or datetime.now(UTC).date()) - timedelta(days=days - 1)
    return _frame(
        database,
        select(daily_analytics).where(daily_analytics.c.day >= since.isoformat()).order_by(daily_analytics.c.day),
    )


def most_popular_labels(database: Database, limit: int = 10) -> pd.DataFrame:
    """The labels read most often, as the view ``popular_labels`` tells it.

    Raises:
        StoreError: it cannot be read.
    """
    return _frame(
        database,
        select(popular_labels).order_by(popular_labels.c.predictions.desc(), popular_labels.c.label).limit(limit),
    )


def _frame(database: Database, query: Select[Any]) -> pd.DataFrame:
    rows = database.run(lambda connection: connection.execute(query).all(), _UNREAD)
    return pd.DataFrame(rows, columns=[column.name for column in query.selected_columns])
