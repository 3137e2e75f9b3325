"""What was read, a row a record, as numbers: what everything that is counted is counted in."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Text,
    case,
    cast,
    extract,
    func,
    literal,
    select,
)

from digitrec.accounts.users import User
from digitrec.prediction import DIGITS, InputMethod, Mode, NumberVerdict, Verdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.storage.access import IS_GUEST, IS_OWN, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.filters import HAS_LABEL, IS_CORRECT, Period
from digitrec.storage.saved_prediction import CLASSES, NO_DIGIT
from digitrec.storage.schema import MAX_LABEL_LENGTH, predictions, users

VERDICTS = (Verdict.DIGIT, Verdict.UNSURE, Verdict.NOT_A_DIGIT)
_NUMBER_VERDICTS = (NumberVerdict.NUMBER, NumberVerdict.UNSURE, NumberVerdict.NOT_A_NUMBER)
SOURCES = tuple(InputMethod)
NEITHER = len(CLASSES)
"""The code of what is not in ``CLASSES``: a number, or what nobody told."""
UNTOLD, RIGHT, WRONG = range(3)
"""What people said of what was read."""
GUEST = -1
Readings = dict[str, NDArray[Any]]
"""Columns of numbers, a number a record in each."""
_UNREAD = "The statistics cannot be read at the moment."
_CONFIDENCES = 10_000
_column = predictions.c
_is_digit = _column.mode == Mode.DIGIT
_IS_TOLD_NUMBER = ~_is_digit & _column.true_label.is_not(None) & (_column.true_label != NO_DIGIT)
# What is told in one number, and how many values each of them can have.
_CODES: dict[str, tuple[ColumnElement[int], int]] = {
    "confidence": (cast(func.round(_column.confidence * _CONFIDENCES), BigInteger), _CONFIDENCES + 1),
    "verdict": (
        case(
            {name: place for names in (VERDICTS, _NUMBER_VERDICTS) for place, name in enumerate(names)},
            value=_column.verdict,
        ),
        len(VERDICTS),
    ),
    "source": (
        case({input_method: place for place, input_method in enumerate(SOURCES)}, value=_column.input_type),
        len(SOURCES),
    ),
    "read": (
        case(
            (~_is_digit, NEITHER),
            (_column.verdict == Verdict.NOT_A_DIGIT, CLASSES.index(NO_DIGIT)),
            else_=cast(_column.predicted_label, Integer),
        ),
        NEITHER + 1,
    ),
    "truth": (
        case(
            (~_is_digit | _column.true_label.is_(None), NEITHER),
            (_column.true_label == NO_DIGIT, CLASSES.index(NO_DIGIT)),
            (_column.true_label.in_(DIGITS), cast(_column.true_label, Integer)),
            else_=NEITHER,
        ),
        NEITHER + 1,
    ),
    "right": (
        case(
            (_column.true_label.is_(None) | _is_digit & _column.true_label.not_in(CLASSES), UNTOLD),
            (IS_CORRECT, RIGHT),
            else_=WRONG,
        ),
        3,
    ),
    "length": (case((_is_digit, 0), else_=func.length(_column.predicted_label)), MAX_LABEL_LENGTH + 1),
}


def readings(database: Database, period: Period, user: User | None = None) -> Readings:
    """The records of a period and of the one before it, a person's or everybody's, as numbers, in one pass over them.

    The columns are ``moment`` (full seconds since 1970, UTC), ``microseconds`` (of processing), ``confidence`` (0 to
    1), ``verdict`` and ``input_method`` (places in ``VERDICTS`` and ``SOURCES``; a number's verdict counts as that of a
    digit), ``read`` and ``truth`` (places in ``CLASSES``, or ``NEITHER``), ``right`` (``UNTOLD``, ``RIGHT`` or
    ``WRONG``), ``length`` (how many characters a number has, 0 for a digit), ``digits`` (how many it really has, 0
    where nobody told) and ``edit_distance`` (how many of them take mending), and for one user ``record`` (its id), for
    everybody ``user`` (a number for each, ``GUEST`` for all guests).

    Raises:
        StorageError: they cannot be read.
    """
    return database.run(lambda connection: _readings(connection, period, user), _UNREAD)


def version(database: Database, user: User) -> tuple[int, datetime | None]:
    """What is another one whenever anything changed in a person's records: how many there are, and the last change.

    Raises:
        StorageError: it cannot be read.
    """
    query = select(func.count(), func.max(_column.changed_at)).where(IS_OWN)
    count, changed_at = database.run(lambda connection: connection.execute(query, user_parameters(user)).one(), _UNREAD)
    return count, changed_at


def _readings(connection: Connection, period: Period, user: User | None) -> Readings:
    seconds = (
        func.strftime("%s", _column.created_at)
        if connection.dialect.name == "sqlite"
        else cast(func.floor(extract("epoch", _column.created_at)), BigInteger)
    )
    codes: ColumnElement[int] = literal(0)
    for code, values in _CODES.values():
        codes = codes * values + code
    row: ColumnElement[str] = cast(seconds, Text)
    whose = _column.prediction_id if user else _column.user_id
    microseconds = cast(func.round(_column.processing_time_ms * 1000), BigInteger)
    told_number = case((_IS_TOLD_NUMBER, _column.prediction_id), else_=0)
    for number in (whose, microseconds, told_number, codes):
        row = row.concat(" ").concat(cast(number, Text))
    before = period.before
    since = before.since if before else None
    which = [
        *([IS_OWN] if user else []),
        *([_column.created_at >= since] if since else []),
        *([_column.created_at < period.until] if period.until else []),
    ]
    me = user_parameters(user) if user else {}
    # All rows as one string: as rows they would take longer on their way here than the database takes to find them.
    text = connection.scalar(select(func.aggregate_strings(row, " ")).where(*which), me)
    numbers = np.fromstring(text or "", np.int64, sep=" ")
    moment, who, times, told_numbers, rest = numbers.reshape(-1, 5).T
    found: Readings = {"moment": moment, "microseconds": times}
    texts = select(_column.prediction_id, case((HAS_LABEL, _column.predicted_label), else_=""), _column.true_label)
    told = connection.execute(texts.where(_IS_TOLD_NUMBER, *which), me).all()
    found["digits"], found["edits"] = _compared(told_numbers, told)
    for name, (_, values) in reversed(_CODES.items()):
        rest, found[name] = np.divmod(rest, values)
    found["confidence"] = found["confidence"] / _CONFIDENCES
    if user:
        found["record"] = who
    else:
        guests = connection.scalars(select(users.c.user_id).where(IS_GUEST)).all()
        found["person"] = np.where(np.isin(who, guests), GUEST, who)
    return found


def _compared(record_ids: NDArray[np.int64], texts: Iterable[tuple[int, str, str]]) -> NDArray[np.int16]:
    """How many digits each record (N,) really has, and by how many edits it was read wrong: (2, N).

    ``texts`` tell by the id of a record what was read and what it really is; where they tell nothing it is 0.
    """
    found = np.zeros((2, len(record_ids)), np.int16)
    there = np.flatnonzero(record_ids)
    places = dict(zip(record_ids[there].tolist(), there.tolist(), strict=True))
    for record_id, read, truth in texts:
        # One that was told between the two queries is passed over.
        if record_id in places:
            found[:, places[record_id]] = len(truth), edit_distance(read, truth)
    return found
