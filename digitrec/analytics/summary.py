"""Statistics of one user's predictions, or of everyone's."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from digitrec.accounts.users import User
from digitrec.analytics.queries import load_predictions
from digitrec.prediction import Mode, NumberVerdict, Verdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.storage.database import Database
from digitrec.storage.filters import Period
from digitrec.storage.saved_prediction import CLASSES, NO_DIGIT

CONFIDENCE_BANDS = ("under 50%", "50–70%", "70–80%", "80–90%", "90–95%", "95–99%", "99–99.9%", "over 99.9%")
"""Narrower toward 100%, where most confidences are."""
_BAND_EDGES = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, np.inf)
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
    current: pd.DataFrame, previous: pd.DataFrame | None, zone: tzinfo, digit: str | None = None
) -> Summary:
    """Summarize what ``load_predictions`` returned, with times in the viewer's time zone."""
    unit, digits = _with_buckets(_digits(current), zone)
    selected = _of_digit(digits, digit)
    # Far fewer rows than predictions, so that counting them in several ways takes little time.
    by_time = _count_per_user(digits, "start", "digit")
    by_value = _count_per_user(digits, "digit", "verdict", "band", "input_method")

    def by_digit(table: pd.DataFrame) -> pd.DataFrame:
        table = table[table["digit"] != NO_DIGIT].reset_index(drop=True)
        return table.assign(selected=digit is None or table["digit"] == digit)

    confusion = _count(_count_per_user(_labeled(digits), "label", "digit"), "label", "digit")
    return Summary(
        metrics=_metrics(selected),
        previous=None if previous is None else _metrics(_of_digit(_digits(previous), digit)),
        unit=unit,
        by_time=_by_time(selected, _of_digit(by_time, digit), unit),
        digits_by_time=by_digit(_with_end(_count(by_time, "start", "digit"), unit)),
        digits=by_digit(_count(by_value, "digit", "verdict")),
        confidence_by_digit=by_digit(_count(by_value, "digit", "band")),
        confidence=_count(_of_digit(by_value, digit), "band", "verdict"),
        confusion=confusion.assign(selected=digit is None or confusion["digit"] == digit),
        reliability=_reliability(selected),
        input_methods=_count(_of_digit(by_value, digit), "input_method"),
        hours=_count(_count_per_user(selected, "weekday", "hour"), "weekday", "hour"),
        numbers=_summarize_numbers(_numbers(current), None if previous is None else _numbers(previous), zone),
    )


def _summarize_numbers(numbers: pd.DataFrame, previous: pd.DataFrame | None, zone: tzinfo) -> NumberSummary | None:
    metrics = _metrics(numbers)
    if not metrics:
        return None
    unit, numbers = _with_buckets(numbers, zone)
    recognized = numbers[numbers["verdict"] != NumberVerdict.NOT_A_NUMBER]
    recognized = recognized.assign(length=recognized["prediction"].astype(str).str.len())
    labels = _label_errors(numbers)
    by_length = _count(_count_per_user(labels, "length"), "length")
    labeled_digits = int(labels["length"].sum()) if _has_enough_users(labels) else 0
    return NumberSummary(
        metrics=metrics,
        previous=None if previous is None else _metrics(previous),
        rejected=float((numbers["verdict"] == NumberVerdict.NOT_A_NUMBER).mean()),
        labeled_digits=labeled_digits,
        character_error_rate=int(labels["errors"].sum()) / labeled_digits if labeled_digits else None,
        unit=unit,
        by_time=_by_time(numbers, _count_per_user(numbers, "start"), unit),
        lengths=_count(_count_per_user(recognized, "length", "verdict"), "length", "verdict"),
        confidence=_count(_count_per_user(numbers, "band", "verdict"), "band", "verdict"),
        exact_match=_with_averages(by_length, labels, accuracy=labels["errors"] == 0),
        reliability=_reliability(numbers),
    )


def _digits(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions of single digits; labels that no single digit can have count as missing."""
    digits = predictions[predictions["mode"] == Mode.DIGIT]
    return digits.assign(
        digit=digits["prediction"].cat.set_categories(CLASSES), label=digits["label"].cat.set_categories(CLASSES)
    )


def _numbers(predictions: pd.DataFrame) -> pd.DataFrame:
    return predictions[predictions["mode"] == Mode.NUMBER]


def _of_digit(digits: pd.DataFrame, digit: str | None) -> pd.DataFrame:
    return digits if digit is None else digits[digits["digit"] == digit]


def _labeled(predictions: pd.DataFrame) -> pd.DataFrame:
    labeled = predictions[predictions["label"].notna()]
    return labeled.assign(correct=labeled["label"].astype(str) == labeled["prediction"].astype(str))


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
    local = predictions["time"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    length = local.max() - local.min()
    unit = "week" if length > timedelta(days=93) else "day" if length > timedelta(days=2) else "hour"
    codes, hours = pd.factorize(local.dt.floor("h"))
    hours = pd.DatetimeIndex(hours)
    start = hours if unit == "hour" else hours.normalize()
    if unit == "week":
        start -= pd.to_timedelta(hours.day_of_week, unit="D")
    weekdays = pd.Categorical.from_codes(hours.day_of_week, pd.Index(WEEKDAYS))
    bands = pd.cut(predictions["confidence"], _BAND_EDGES, right=False, labels=CONFIDENCE_BANDS)
    predictions = predictions.assign(start=start.take(codes), weekday=weekdays.take(codes), band=bands)
    return unit, predictions.assign(hour=hours.hour.take(codes))


def _with_end(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    table.insert(1, "end", table["start"] + _UNITS[unit])
    return table


def _count_per_user(predictions: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Count predictions per combination of values, and of everyone's also per user."""
    by = [*columns, "user"] if "user" in predictions else list(columns)
    return predictions.groupby(by, observed=True, dropna=False).size().reset_index(name="predictions")


def _count(counts: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Sum counts per combination of values; of everyone's, leave out those of fewer than ``MIN_USERS`` users."""
    groups = counts.groupby(list(columns), observed=True)
    table = groups["predictions"].sum()
    if "user" in counts:
        table = table[groups["user"].nunique() >= MIN_USERS]
    return table.reset_index().rename(columns={"band": "confidence"})


def _has_enough_users(predictions: pd.DataFrame) -> bool:
    return "user" not in predictions or predictions["user"].nunique() >= MIN_USERS


def _with_averages(table: pd.DataFrame, predictions: pd.DataFrame, **values: "pd.Series[Any]") -> pd.DataFrame:
    """Add averages of values to a table of counts, over the predictions with the same value in its first column."""
    by = table.columns[0]
    averages = pd.DataFrame(values).groupby(predictions[by], observed=True).mean()
    return table.merge(averages, left_on=by, right_index=True)


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


def _by_time(predictions: pd.DataFrame, counts: pd.DataFrame, unit: str) -> pd.DataFrame:
    is_unsure = predictions["verdict"] == Verdict.UNSURE
    table = _with_averages(_count(counts, "start"), predictions, confidence=predictions["confidence"], unsure=is_unsure)
    times = predictions.groupby("start")["milliseconds"]
    for percent in (50, 95):
        nearest_rank = partial(np.percentile, q=percent, method="inverted_cdf")
        table[f"p{percent}"] = table["start"].map(times.agg(nearest_rank))
    return _with_end(table, unit)


def _reliability(predictions: pd.DataFrame) -> pd.DataFrame:
    labeled = _labeled(predictions)
    # A confidence of 1 belongs to the last bin.
    bins = (labeled["confidence"] * _RELIABILITY_BINS).astype(int).clip(upper=_RELIABILITY_BINS - 1)
    labeled = labeled.assign(bin=bins)
    table = _count(_count_per_user(labeled, "bin"), "bin")
    table = _with_averages(table, labeled, confidence=labeled["confidence"], accuracy=labeled["correct"])
    return table.drop(columns="bin")
