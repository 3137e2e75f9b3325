"""Statistics of one user's predictions, or of everyone's."""

import math
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from digitrec.accounts.users import User
from digitrec.analytics.queries import load_predictions
from digitrec.prediction import Mode, NumberVerdict, Verdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.storage.database import Database
from digitrec.storage.filters import Period
from digitrec.storage.saved_prediction import CLASSES, NO_DIGIT

CONFIDENCE_BANDS = ("under 50%", "50–70%", "70–80%", "80–90%", "90–95%", "95–99%", "99–99.9%", "over 99.9%")
"""Narrower toward 100%, where most confidences are."""
_BAND_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
_RELIABILITY_BINS = 10
MIN_USERS = 5
"""Statistics about everyone leave out values from fewer signed-in users, so that they reveal nobody's data."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Key figures of a set of predictions."""

    predictions: int
    confidence: float  # Average, 0 to 1.
    unsure: float  # Share of unsure predictions, 0 to 1.
    milliseconds: float  # Median processing time.
    labeled: int  # Number of labeled predictions; 0 if too few users labeled any.
    accuracy: float | None  # Share of the labeled predictions that were right.


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """Statistics of numbers. Fields that ``Summary`` has too mean the same there."""

    metrics: Metrics
    previous: Metrics | None
    rejected: float  # Share of rejected predictions, 0 to 1.
    labeled_digits: int  # Number of digits in all labels.
    character_error_rate: float | None  # Edit distance between predictions and labels, divided by ``labeled_digits``.
    unit: str
    by_time: pd.DataFrame
    lengths: pd.DataFrame  # ``length`` in characters and ``verdict``, without rejected predictions.
    confidence: pd.DataFrame
    exact_match: pd.DataFrame  # ``length`` of the label, and ``accuracy``.
    reliability: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Summary:
    """Statistics of the predictions of a period.

    Everything but ``numbers`` is about single digits. Every table has a column ``predictions``. Tables with a column
    ``selected`` hold all digits and mark the selected one; the others hold predictions of the selected digit only.
    """

    metrics: Metrics | None  # None without predictions, or with too few users.
    previous: Metrics | None  # The metrics of the period before.
    unit: str  # Width of the time buckets: ``hour``, ``day`` or ``week``.
    by_time: pd.DataFrame
    """``start`` and ``end`` in local time, average ``confidence``, share of ``unsure``, and the exact percentiles
    ``p50`` and ``p95`` of processing time in milliseconds (nearest rank)."""
    digits_by_time: pd.DataFrame  # ``start``, ``end``, ``digit`` and ``selected``.
    digits: pd.DataFrame  # ``digit``, ``verdict`` and ``selected``.
    confidence_by_digit: pd.DataFrame  # ``digit``, ``confidence`` (one of ``CONFIDENCE_BANDS``) and ``selected``.
    confidence: pd.DataFrame  # ``confidence`` (one of ``CONFIDENCE_BANDS``) and ``verdict``.
    confusion: pd.DataFrame  # ``label``, predicted ``digit``, and ``selected``.
    reliability: pd.DataFrame  # Average ``confidence`` and ``accuracy`` in bins of equal width.
    input_methods: pd.DataFrame  # ``input_method``.
    hours: pd.DataFrame  # ``weekday`` and ``hour`` in local time.
    numbers: NumberSummary | None  # None without numbers, or with too few users.


def summarize(
    database: Database, period: Period, zone: tzinfo, digit: str | None = None, user: User | None = None
) -> Summary:
    """Summarize the predictions of a period, of one user or of everyone, of all digits or of a selected one."""
    return summarize_predictions(*load_predictions(database, period, user), zone, digit)


def summarize_predictions(
    current: pd.DataFrame, previous: pd.DataFrame, zone: tzinfo, digit: str | None = None
) -> Summary:
    """Summarize what ``load_predictions`` returned, with times in the viewer's time zone."""
    unit, digits = _with_buckets(_digits(current), zone)
    selected = _of_digit(digits, digit)

    def by_digit(*columns: str) -> pd.DataFrame:
        table = _count(digits, *columns)
        table = table[table["digit"] != NO_DIGIT].reset_index(drop=True)
        return table.assign(selected=digit is None or table["digit"] == digit)

    confusion = _count(_labeled(digits), "label", "digit")
    return Summary(
        metrics=_metrics(selected),
        previous=_metrics(_of_digit(_digits(previous), digit)),
        unit=unit,
        by_time=_by_time(selected, unit),
        digits_by_time=_with_end(by_digit("start", "digit"), unit),
        digits=by_digit("digit", "verdict"),
        confidence_by_digit=by_digit("digit", "band"),
        confidence=_count(selected, "band", "verdict"),
        confusion=confusion.assign(selected=digit is None or confusion["digit"] == digit),
        reliability=_reliability(selected),
        input_methods=_count(selected, "input_method"),
        hours=_count(selected, "weekday", "hour"),
        numbers=_summarize_numbers(current, previous, zone),
    )


def _summarize_numbers(current: pd.DataFrame, previous: pd.DataFrame, zone: tzinfo) -> NumberSummary | None:
    numbers, previous = (predictions[predictions["mode"] == Mode.NUMBER] for predictions in (current, previous))
    metrics = _metrics(numbers)
    if not metrics:
        return None
    unit, numbers = _with_buckets(numbers, zone)
    recognized = numbers[numbers["verdict"] != NumberVerdict.NOT_A_NUMBER]
    recognized = recognized.assign(length=recognized["prediction"].astype(str).str.len())
    labels = _label_errors(numbers)
    labeled_digits = int(labels["length"].sum()) if _has_enough_users(labels) else 0
    return NumberSummary(
        metrics=metrics,
        previous=_metrics(previous),
        rejected=float((numbers["verdict"] == NumberVerdict.NOT_A_NUMBER).mean()),
        labeled_digits=labeled_digits,
        character_error_rate=int(labels["errors"].sum()) / labeled_digits if labeled_digits else None,
        unit=unit,
        by_time=_by_time(numbers, unit),
        lengths=_count(recognized, "length", "verdict"),
        confidence=_count(numbers, "band", "verdict"),
        exact_match=_count(labels, "length", accuracy=labels["errors"] == 0),
        reliability=_reliability(numbers),
    )


def _digits(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions of single digits; labels that no single digit can have count as missing."""
    digits = predictions[predictions["mode"] == Mode.DIGIT]
    return digits.assign(
        digit=digits["prediction"].cat.set_categories(CLASSES).fillna(NO_DIGIT),
        label=digits["label"].cat.set_categories(CLASSES),
    )


def _of_digit(digits: pd.DataFrame, digit: str | None) -> pd.DataFrame:
    return digits if digit is None else digits[digits["digit"] == digit]


def _labeled(predictions: pd.DataFrame) -> pd.DataFrame:
    labeled = predictions[predictions["label"].notna()]
    label = labeled["label"].cat.set_categories(labeled["prediction"].cat.categories)
    return labeled.assign(correct=label == labeled["prediction"])


def _label_errors(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers labeled with digits, with the ``length`` of the label and the ``errors`` in the prediction."""
    labeled = numbers[numbers["label"].notna() & (numbers["label"] != NO_DIGIT)]
    errors = [
        edit_distance("" if prediction == NO_DIGIT else prediction, label)
        for prediction, label in zip(labeled["prediction"], labeled["label"], strict=True)
    ]
    return labeled.assign(length=labeled["label"].astype(str).str.len(), errors=errors)


def _with_buckets(predictions: pd.DataFrame, zone: tzinfo) -> tuple[str, pd.DataFrame]:
    """Choose hours, days or weeks as time buckets; add ``start``, ``weekday``, ``hour`` (local time) and ``band``.

    Up to two days are shown by hour, up to three months by day.
    """
    length = predictions["time"].max() - predictions["time"].min()
    unit = "week" if length > timedelta(days=93) else "day" if length > timedelta(days=2) else "hour"
    # Local hours begin at quarters of an hour, of which there are far fewer than predictions.
    quarters, times = pd.factorize(predictions["time"].dt.floor("15min"))
    hours = pd.DatetimeIndex(times).tz_convert(zone).tz_localize(None).floor("h")
    start = hours if unit == "hour" else hours.normalize()
    if unit == "week":
        start -= pd.to_timedelta(hours.day_of_week, unit="D")
    weekdays = pd.Categorical.from_codes(hours.day_of_week.to_numpy(), pd.Index(WEEKDAYS))
    bands = np.digitize(predictions["confidence"], _BAND_EDGES)
    return unit, predictions.assign(
        start=pd.Categorical(start).take(quarters),
        weekday=weekdays.take(quarters),
        hour=pd.Categorical(hours.hour).take(quarters),
        band=pd.Categorical.from_codes(bands, pd.Index(CONFIDENCE_BANDS)),
    )


def _with_end(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    table.insert(1, "end", table["start"] + _UNITS[unit])
    return table


def _count(predictions: pd.DataFrame, *columns: str, **averaged: ArrayLike) -> pd.DataFrame:
    """Count predictions per combination of values, and average further values over them.

    Of everyone's, combinations of fewer than ``MIN_USERS`` users are left out.
    """
    keys = [predictions[column].astype("category").cat for column in columns]
    sizes = [len(key.categories) for key in keys]
    group = np.ravel_multi_index([key.codes.to_numpy() for key in keys], sizes)
    counts = np.bincount(group, minlength=math.prod(sizes))
    is_shown = counts > 0
    if "user" in predictions:
        user, number = predictions["user"].cat.codes.to_numpy(), len(predictions["user"].cat.categories)
        # Guests have a negative code.
        pairs = pd.unique((group * number + user)[user >= 0])
        is_shown = np.bincount(pairs // number, minlength=len(counts)) >= MIN_USERS
    shown = np.flatnonzero(is_shown)
    values = zip(columns, keys, np.unravel_index(shown, sizes), strict=True)
    table = pd.DataFrame({column: key.categories[codes] for column, key, codes in values})
    table["predictions"] = counts[shown]
    for name, value in averaged.items():
        table[name] = np.bincount(group, value, len(counts))[shown] / counts[shown]
    return table.rename(columns={"band": "confidence"})


def _has_enough_users(predictions: pd.DataFrame) -> bool:
    return "user" not in predictions or predictions["user"].nunique() >= MIN_USERS


def _metrics(predictions: pd.DataFrame) -> Metrics | None:
    if predictions.empty or not _has_enough_users(predictions):
        return None
    labeled = _labeled(predictions)
    has_accuracy = not labeled.empty and _has_enough_users(labeled)
    return Metrics(
        predictions=len(predictions),
        confidence=float(predictions["confidence"].mean()),
        unsure=float((predictions["verdict"] == Verdict.UNSURE).mean()),
        milliseconds=float(predictions["milliseconds"].median()),
        labeled=len(labeled) if has_accuracy else 0,
        accuracy=float(labeled["correct"].mean()) if has_accuracy else None,
    )


def _by_time(predictions: pd.DataFrame, unit: str) -> pd.DataFrame:
    is_unsure = predictions["verdict"] == Verdict.UNSURE
    table = _count(predictions, "start", confidence=predictions["confidence"], unsure=is_unsure)
    start, milliseconds = predictions["start"].cat, predictions["milliseconds"].to_numpy()
    order = np.lexsort((milliseconds, start.codes))
    ends = np.bincount(start.codes).cumsum()[start.categories.get_indexer(pd.Index(table["start"]))]
    for percent in (50, 95):
        above = table["predictions"].to_numpy() * (100 - percent) // 100
        table[f"p{percent}"] = milliseconds[order[ends - 1 - above]]
    return _with_end(table, unit)


def _reliability(predictions: pd.DataFrame) -> pd.DataFrame:
    labeled = _labeled(predictions)
    # A confidence of 1 belongs to the last bin.
    bins = (labeled["confidence"] * _RELIABILITY_BINS).astype(int).clip(upper=_RELIABILITY_BINS - 1)
    table = _count(labeled.assign(bin=bins), "bin", confidence=labeled["confidence"], accuracy=labeled["correct"])
    return table.drop(columns="bin")
