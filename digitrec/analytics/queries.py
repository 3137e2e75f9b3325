"""Load the predictions of a period as a pandas data frame.

All functions raise StorageError if the database is unavailable.
"""

from datetime import datetime

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import BigInteger, Connection, case, cast, func, select

from digitrec.accounts.users import User
from digitrec.storage.access import IS_GUEST, IS_OWN, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.filters import VERDICTS_WITH_LABEL, Filter, Period
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import predictions, users

_UNAVAILABLE = "Statistics are unavailable right now. Try again soon."
_table = predictions.c
_MEASURES = {
    "time": _table.created_at,
    # Whole numbers of these fractions, since SQLite takes several times as long to write others.
    "confidence": cast(func.round(_table.confidence * 10_000), BigInteger),
    "milliseconds": cast(func.round(_table.processing_time_ms * 1_000), BigInteger),
}
_KIND = {
    "mode": _table.mode,
    "input_method": _table.input_type,
    "verdict": _table.verdict,
    "prediction": _table.predicted_label,
    "label": _table.true_label,
}
_USER = case((_table.user_id.in_(select(users.c.user_id).where(IS_GUEST)), None), else_=_table.user_id)


def load_predictions(database: Database, period: Period, user: User | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predictions of a period and of the one before it (if any), of one user or of everyone.

    The columns are ``time`` (UTC), ``mode``, ``input_method``, ``verdict``, ``prediction`` (the digit or number, or
    ``NO_DIGIT`` where it was rejected), ``label``, ``confidence`` and ``milliseconds``. For everyone, there is also
    ``user``, which is missing for guests.
    """
    before = period.before
    both = Period(before.since, period.until) if before else period
    table = database.run(lambda connection: _load(connection, both, user), _UNAVAILABLE)
    if not before:
        return table, table[:0]
    is_current = table["time"] >= period.since
    return table[is_current], table[~is_current]


def history_version(database: Database, user: User) -> tuple[int, datetime | None]:
    """Return a value that changes with a user's predictions: their number and the time of the last change."""
    query = select(func.count(), func.max(_table.changed_at)).where(IS_OWN)
    row = database.run(lambda connection: connection.execute(query, user_parameters(user)).one(), _UNAVAILABLE)
    return row[0], row[1]


def _load(connection: Connection, period: Period, user: User | None) -> pd.DataFrame:
    """Load the predictions of a period as one tab-separated text.

    The database drivers take twice as long to make Python objects of a million rows, and every GROUP BY with a count of
    distinct users would take as long as loading them once.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    columns = _MEASURES if user else {**_MEASURES, "user": _USER}
    # The columns with few different values become one, which halves the time to parse the text.
    template = "\t".join(["%s"] * len(columns) + ["|".join(["%s"] * len(_KIND))])
    line = (func.printf if is_sqlite else func.format)(template, *columns.values(), *_KIND.values())
    conditions = [*([IS_OWN] if user else []), *Filter(period=period).conditions]
    query = select(func.aggregate_strings(line, "\n")).where(*conditions)
    text = connection.scalar(query, user_parameters(user) if user else {})
    names = [*columns, "kind"]
    types = {
        # PostgreSQL writes the offset from UTC, SQLite doesn't.
        "time": pa.timestamp("us", None if is_sqlite else "UTC"),
        **dict.fromkeys(("confidence", "milliseconds"), pa.int64()),
        **dict.fromkeys(("user", "kind"), pa.dictionary(pa.int32(), pa.string())),
    }
    table = csv.read_csv(
        # Without predictions, there is only a header.
        pa.BufferReader((text or "\t".join(names) + "\n").encode()),
        read_options=csv.ReadOptions(column_names=names if text else None),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
    )
    frame: pd.DataFrame = table.to_pandas()
    kind = frame.pop("kind").cat
    kinds = pd.DataFrame(list(kind.categories.str.split("|")), columns=list(_KIND))
    kinds["prediction"] = kinds["prediction"].where(kinds["verdict"].isin(VERDICTS_WITH_LABEL), NO_DIGIT)
    kinds["label"] = kinds["label"].where(kinds["label"] != "")
    return frame.assign(
        time=pd.to_datetime(frame["time"], utc=True),
        confidence=frame["confidence"] / 10_000,
        milliseconds=frame["milliseconds"] / 1_000,
        **{name: pd.Categorical(kinds[name]).take(kind.codes.to_numpy()) for name in _KIND},
    )
