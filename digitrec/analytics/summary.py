"""Records counted, for charts: one person's, or everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from digitrec.analytics.local_time import HOUR, Spans, local_seconds, spans, weekdays
from digitrec.analytics.readings import GUEST, NEITHER, RIGHT, SOURCES, UNTOLD, VERDICTS, Readings
from digitrec.prediction import DIGITS, Verdict
from digitrec.storage.filters import Period
from digitrec.storage.saved_prediction import CLASSES

_BANDS = {
    "under 50 %": 0.0,
    "50 to 70 %": 0.5,
    "70 to 80 %": 0.7,
    "80 to 90 %": 0.8,
    "90 to 95 %": 0.9,
    "95 to 99 %": 0.95,
    "99 to 99.9 %": 0.99,
    "over 99.9 %": 0.999,
}
CONFIDENCE_BANDS = tuple(_BANDS)
"""Narrower towards certainty, where most confidences are."""
RELIABILITY_BINS = 10
LEAST_CONFIDENT = 9
FEWEST_PEOPLE = 5
"""How many people numbers over everybody have to be of, to tell nothing of any one."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNSURE = VERDICTS.index(Verdict.UNSURE)
_REFUSED = VERDICTS.index(Verdict.NOT_A_DIGIT)
_NAMES = {"verdict": VERDICTS, "source": SOURCES, "truth": CLASSES, "weekday": WEEKDAYS}


@dataclass(frozen=True, slots=True)
class Metrics:
    """Some records in a few numbers."""

    records: int
    confidence: float
    """Average over the records, 0 to 1."""
    unsure: float
    """The share of records with that verdict."""
    milliseconds: float
    """The median of processing time."""
    told: int
    """Of how many somebody told what they really are; 0 where too few people did."""
    accuracy: float | None
    """The share of those that was read right."""


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """The whole numbers of a period; every table has a column ``records``, and a verdict is told as that on a digit."""

    now: Metrics
    before: Metrics | None
    refused: float
    """The share in which no number was read."""
    digits: int
    """How many digits those really have of which somebody told."""
    digits_right: float | None
    """The share of them that was read right: what it takes to mend a reading counts against it."""
    unit: str
    times: pd.DataFrame
    """As of a ``Summary``."""
    lengths: pd.DataFrame
    """``length`` in characters, ``verdict``; without those in which no number was read."""
    confidence: pd.DataFrame
    """``confidence`` (one of ``CONFIDENCE_BANDS``), ``verdict``."""
    exact_match: pd.DataFrame
    """The share ``accuracy`` of those of a ``length``, as people told it, that was read without a mistake."""
    reliability: pd.DataFrame
    """Average ``confidence`` in tenths of it, and ``accuracy`` by what people told."""
    least_sure: Sequence[int]
    """The ids of the numbers that the network was least sure of; none of everybody's."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The predictions of a period in numbers, of everybody's only what is of at least ``FEWEST_PEOPLE`` people.

    All is about single digits, but for ``numbers``. Every table has a column ``records``. Those by digit hold all
    digits and tell in ``chosen`` which are asked for; the others hold the records of those only.
    """

    now: Metrics | None
    """None where there are no records, or too few people."""
    before: Metrics | None
    """The same of the period before."""
    unit: str
    """What the time is counted in: ``hour``, ``day`` or ``week``."""
    times: pd.DataFrame
    """``start`` and ``end`` on the viewer's clock, average ``confidence``, share of ``unsure``, and the percentiles
    ``p50`` and ``p95`` of processing time in milliseconds, exact ones, of the very records."""
    digits_by_time: pd.DataFrame
    """``start``, ``end``, ``digit``, ``chosen``."""
    digits: pd.DataFrame
    """``digit``, ``verdict``, ``chosen``."""
    confidence_by_digit: pd.DataFrame
    """``digit``, ``confidence`` (one of ``CONFIDENCE_BANDS``), ``chosen``."""
    confidence: pd.DataFrame
    """``confidence`` (one of ``CONFIDENCE_BANDS``), ``verdict``."""
    confusion: pd.DataFrame
    """``truth`` as people told it, ``digit`` as it was read, ``chosen``."""
    reliability: pd.DataFrame
    """Average ``confidence`` in tenths of it, and ``accuracy`` by what people told."""
    sources: pd.DataFrame
    """``source``."""
    hours: pd.DataFrame
    """``weekday`` and ``hour`` on the viewer's clock."""
    least_sure: Sequence[int]
    """The ids of the records of a digit that the network was least sure of; none of everybody's."""
    numbers: NumberSummary | None
    """The whole numbers, None where there are none, or too few people."""


def summary(readings: Readings, period: Period, zone: tzinfo, digit: str | None = None) -> Summary:
    """Readings of a period in numbers, all or those of one digit, by the clock of the viewer's time zone."""
    is_earlier = readings["moment"] < (period.since.timestamp() if period.since else -np.inf)
    is_line = readings["length"] > 0
    found, cut = _placed(_only(readings, ~is_earlier & ~is_line), zone)
    table = partial(_table, cut=cut, digit=digit)
    chosen = _of(found, digit)
    digits = _only(found, found["read"] < len(DIGITS))
    told = _only(found, found["truth"] != NEITHER)
    return Summary(
        now=_numbers(chosen),
        before=_numbers(_of(_only(readings, is_earlier & ~is_line), digit)),
        unit=cut.unit,
        times=table(_times(chosen)),
        digits_by_time=table(_counted(digits, "span", "read")),
        digits=table(_counted(digits, "read", "verdict")),
        confidence_by_digit=table(_counted(digits, "read", "band")),
        confidence=table(_counted(chosen, "band", "verdict")),
        confusion=table(_counted(told, "truth", "read")),
        reliability=table(_reliability(_of(told, digit))),
        sources=table(_counted(chosen, "source")),
        hours=table(_counted(chosen, "weekday", "hour")),
        least_sure=_least_sure(_of(digits, digit)),
        numbers=_lines(_only(readings, ~is_earlier & is_line), _only(readings, is_earlier & is_line), zone),
    )


def _lines(readings: Readings, earlier: Readings, zone: tzinfo) -> NumberSummary | None:
    now = _numbers(readings)
    if not now:
        return None
    found, cut = _placed(readings, zone)
    table = partial(_table, cut=cut)
    read = _only(found, found["verdict"] != _REFUSED)
    told = _only(found, found["right"] != UNTOLD)
    # What is no number at all has no digits to be read right.
    with_digits = _only(told, told["digits"] > 0)
    digits = int(with_digits["digits"].sum()) if _total(with_digits) else 0
    return NumberSummary(
        now=now,
        before=_numbers(earlier),
        refused=float((found["verdict"] == _REFUSED).mean()),
        digits=digits,
        digits_right=max(1 - int(with_digits["edits"].sum()) / digits, 0.0) if digits else None,
        unit=cut.unit,
        times=table(_times(found)),
        lengths=table(_counted(read, "length", "verdict")),
        confidence=table(_counted(found, "band", "verdict")),
        exact_match=table(_exact(with_digits)),
        reliability=table(_reliability(told)),
        least_sure=_least_sure(read),
    )


def _placed(readings: Readings, zone: tzinfo) -> tuple[Readings, Spans]:
    """Readings with their places in time and among confidences too, and what the time is cut into."""
    local = local_seconds(readings["moment"], zone)
    cut = spans(local)
    return readings | {
        "span": cut.places(local),
        "weekday": weekdays(local),
        "hour": local // HOUR % 24,
        "band": np.searchsorted(list(_BANDS.values()), readings["confidence"], side="right") - 1,
        # A confidence of 1 falls into the last bin.
        "bin": np.minimum((readings["confidence"] * RELIABILITY_BINS).astype(np.int64), RELIABILITY_BINS - 1),
    }, cut


def _table(counts: Readings, cut: Spans, digit: str | None = None) -> pd.DataFrame:
    """Counts by code as a table by name."""
    columns: dict[str, Any] = {}
    for name, codes in counts.items():
        if name == "span":
            columns["start"], columns["end"] = cut.ends(codes)
        elif name == "band":
            columns["confidence"] = np.array(CONFIDENCE_BANDS)[codes]
        elif name == "read":
            columns["digit"] = np.array(CLASSES)[codes]
            columns["chosen"] = np.full(len(codes), True) if digit is None else columns["digit"] == digit
        elif name in _NAMES:
            columns[name] = np.array(_NAMES[name])[codes]
        elif name != "bin":
            columns[name] = codes
    return pd.DataFrame(columns)


def _only(readings: Readings, which: NDArray[np.bool]) -> Readings:
    return readings.copy() if which.all() else {name: column[which] for name, column in readings.items()}


def _of(readings: Readings, digit: str | None) -> Readings:
    return readings if digit is None else _only(readings, readings["read"] == CLASSES.index(digit))


def _counted(readings: Readings, *names: str) -> Readings:
    """How many records there are of each combination of these codes; of everybody's, those of too few people not."""
    codes = [readings[name] for name in names]
    shape = [int(code.max(initial=0)) + 1 for code in codes]
    group = np.ravel_multi_index(codes, shape)
    records = np.bincount(group)
    if "person" in readings:
        records[_people(group, readings["person"], len(records)) < FEWEST_PEOPLE] = 0
    there = np.flatnonzero(records)
    return {**dict(zip(names, np.unravel_index(there, shape), strict=True)), "records": records[there]}


def _people(group: NDArray[np.int64], user: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """How many people there are in each group of records, guests left out."""
    # A byte for each group and person takes a twentieth of the time of sorting a million records.
    was_there = np.zeros((groups, int(user.max(initial=GUEST)) + 2), np.bool)
    was_there[group, user - GUEST] = True
    found: NDArray[np.int64] = np.count_nonzero(was_there[:, 1:], axis=1)
    return found


def _total(readings: Readings) -> int:
    return int(_counted({**readings, "any": np.zeros_like(readings["moment"])}, "any")["records"].sum())


def _numbers(readings: Readings) -> Metrics | None:
    told = _only(readings, readings["right"] != UNTOLD)
    records, of_told = _total(readings), _total(told)
    if not records:
        return None
    return Metrics(
        records=records,
        confidence=float(readings["confidence"].mean()),
        unsure=float((readings["verdict"] == _UNSURE).mean()),
        milliseconds=float(np.median(readings["microseconds"])) / 1000,
        told=of_told,
        accuracy=float((told["right"] == RIGHT).mean()) if of_told else None,
    )


def _times(readings: Readings) -> Readings:
    counts = _counted(readings, "span")
    span = readings["span"]
    p50, p95 = _percentiles(readings["microseconds"], span, (50, 95))
    return {
        **counts,
        "confidence": _average(readings["confidence"], span)[counts["span"]],
        "unsure": _average(readings["verdict"] == _UNSURE, span)[counts["span"]],
        "p50": p50[counts["span"]] / 1000,
        "p95": p95[counts["span"]] / 1000,
    }


def _reliability(told: Readings) -> Readings:
    counts = _counted(told, "bin")
    return {
        **counts,
        "confidence": _average(told["confidence"], told["bin"])[counts["bin"]],
        "accuracy": _average(told["right"] == RIGHT, told["bin"])[counts["bin"]],
    }


def _exact(told: Readings) -> Readings:
    counts = _counted(told, "digits")
    return {
        "length": counts["digits"],
        "records": counts["records"],
        "accuracy": _average(told["right"] == RIGHT, told["digits"])[counts["digits"]],
    }


def _average(values: NDArray[Any], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """The average of each group of values, anything where there is none."""
    return np.bincount(group, values) / np.maximum(np.bincount(group), 1)


def _percentiles(
    values: NDArray[np.int64], group: NDArray[np.int64], percents: Sequence[int]
) -> list[NDArray[np.int64]]:
    """What so many per cent of the values of each group do not exceed, by the nearest rank; exact, from all values."""
    above_all = int(values.max(initial=0)) + 1
    ordered = np.sort(group * above_all + values)
    sizes = np.bincount(group)
    begin = np.cumsum(sizes) - sizes
    # Rounded up, and of a group without values, anything.
    ranks = [np.maximum(-(-sizes * percent // 100), 1) for percent in percents]
    return [ordered[np.minimum(begin + rank - 1, len(ordered) - 1)] % above_all for rank in ranks]


def _least_sure(digits: Readings) -> list[int]:
    if "record" not in digits:
        return []
    return [
        int(record) for record in digits["record"][np.argsort(digits["confidence"], kind="stable")][:LEAST_CONFIDENT]
    ]
