"""Load the predictions of a period as a pandas data frame.

All functions raise StorageError if the database is unavailable.
"""

from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, Text, case, cast, func, select

from digitrec.accounts.users import User
from digitrec.storage.access import IS_GUEST, IS_OWN, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.filters import HAS_LABEL, Filter, Period
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import predictions, users

_UNAVAILABLE = "Statistics are unavailable right now. Try again soon."
_table = predictions.c
_COLUMNS = {
    # Up to full seconds, which both databases write alike.
    "time": func.substr(cast(_table.created_at, Text), 1, 19),
    "mode": _table.mode,
    "input_method": _table.input_type,
    "verdict": _table.verdict,
    "prediction": case((HAS_LABEL, _table.predicted_label), else_=NO_DIGIT),
    "label": _table.true_label,
    "confidence": _table.confidence,
    "milliseconds": _table.processing_time_ms,
}
_USER = case((_table.user_id.in_(select(users.c.user_id).where(IS_GUEST)), None), else_=_table.user_id)
_CATEGORY = pa.dictionary(pa.int32(), pa.string())
_TYPES = {"time": pa.timestamp("s"), "confidence": pa.float64(), "milliseconds": pa.float64()}


def load_predictions(
    database: Database, period: Period, user: User | None = None
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return the predictions of a period and of the one before it, of one user or of everyone.

    The columns are ``time`` (UTC), ``mode``, ``input_method``, ``verdict``, ``prediction`` (the digit or number, or
    ``NO_DIGIT`` where it was rejected), ``label``, ``confidence`` and ``milliseconds``. For everyone, there is also
    ``user``, which is missing for guests.
    """

    def load(connection: Connection) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        before = period.before
        return _load(connection, period, user), _load(connection, before, user) if before else None

    return database.run(load, _UNAVAILABLE)


def history_version(database: Database, user: User) -> tuple[int, datetime | None]:
    """Return a value that changes with a user's predictions: their number and the time of the last change."""
    query = select(func.count(), func.max(_table.changed_at)).where(IS_OWN)
    row = database.run(lambda connection: connection.execute(query, user_parameters(user)).one(), _UNAVAILABLE)
    return row[0], row[1]


def _load(connection: Connection, period: Period, user: User | None) -> pd.DataFrame:
    """Load the predictions of a period as one tab-separated text.

    A million rows of it take a third of the time that the database drivers take to make Python objects of them, and
    every GROUP BY with a count of distinct users would take as long as loading them once.
    """
    columns = _COLUMNS if user else {**_COLUMNS, "user": _USER}
    template = "\t".join(["%s"] * len(columns))
    line = (func.printf if connection.dialect.name == "sqlite" else func.format)(template, *columns.values())
    conditions = [*([IS_OWN] if user else []), *Filter(period=period).conditions]
    query = select(func.aggregate_strings(line, "\n")).where(*conditions)
    text: str = connection.scalar(query, user_parameters(user) if user else {}) or ""
    types: dict[str, Any] = {name: _TYPES.get(name, _CATEGORY) for name in columns}
    if text:
        table = csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=csv.ReadOptions(column_names=list(columns)),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
        )
    else:
        table = pa.schema(types).empty_table()
    frame: pd.DataFrame = table.to_pandas()
    return frame
