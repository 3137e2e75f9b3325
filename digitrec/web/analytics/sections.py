"""The sections of the page: metrics and charts of digits and of numbers, and the least confident predictions."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.charts.common import Specification
from digitrec.analytics.summary import CONFIDENCE_BANDS, MIN_USERS, WEEKDAYS, Metrics, NumberSummary, Summary
from digitrec.prediction import DIGITS, Mode, percent
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.web.analytics.filters import toggle_digit
from digitrec.web.prediction.gallery import show_gallery
from digitrec.web.shared.names import (
    DIGIT_VERDICT_NAMES,
    INPUT_METHOD_NAMES,
    NUMBER_VERDICT_NAMES,
    REJECTED_NAMES,
    UNSURE,
    VERDICT_NAMES,
    count_noun,
    format_share,
)
from digitrec.web.shared.session import session

LEAST_CONFIDENT = 9
_FEW_PREDICTIONS = 10
_MIN_LABELS = 30  # With fewer labels, a reliability diagram shows mostly chance.
_STYLE = "<style>.stMetric .stMarkdownEllipsis p { white-space: normal; }</style>"
"""Without this, Streamlit cuts off the names of metrics in narrow columns."""
_PERCENTILE_NAMES = {"p50": "Median (p50)", "p95": "95th percentile (p95)"}


def show_metrics(metrics: Metrics, previous: Metrics | None, by_time: pd.DataFrame, noun: str) -> None:
    """Show metrics with a small chart over time and the change since the previous period."""
    noun_count, speed = f"{metrics.predictions:,}", _milliseconds(metrics.milliseconds)
    change = partial(_change, metrics, previous)
    points = partial(change, form="{:+.1f} points", scale=100)
    st.html(_STYLE)
    with st.grid(5, min_column_width=150):
        _show_metric(f"{noun.capitalize()}s", noun_count, change("predictions", "{:+,}"), "off", by_time["predictions"])
        _show_metric(
            "Average confidence", percent(metrics.confidence), points("confidence"), "normal", by_time["confidence"]
        )
        _show_metric(UNSURE, format_share(metrics.unsure), points("unsure"), "inverse", by_time["unsure"])
        slower = change("milliseconds", "{:+.2f} ms")
        _show_metric("Median processing time", speed, slower, "inverse", by_time["p50"])
        _show_metric(f"Accuracy ({metrics.labeled:,} labeled)", format_share(metrics.accuracy), points("accuracy"))
    if previous:
        st.caption("Arrows show the change from the previous period of the same length.")
    if metrics.predictions < _FEW_PREDICTIONS:
        st.caption(f"Only {count_noun(metrics.predictions, noun)} so far. Charts become useful after a few dozen.")


def show_digit_charts(summary: Summary) -> None:
    """Show charts of digits, times, confidence, speed and input methods."""
    unit, by_time = summary.unit, summary.by_time
    verdicts, methods = tuple(DIGIT_VERDICT_NAMES.values()), tuple(INPUT_METHOD_NAMES.values())
    _show_chart(by_time[["start", "end", "predictions"]], charts.predictions_by_time(unit), f"Predictions per {unit}")
    with st.grid(2, min_column_width=320):
        chart, alt = charts.digits(verdicts[:2]), "Predictions by digit and verdict"
        _show_clickable_chart(_with_names(summary.digits), chart, "digits", alt)
        chart, alt = charts.digits_by_time(unit), f"Predictions of each digit per {unit}"
        _show_clickable_chart(summary.digits_by_time, chart, "digits-by-time", alt)
        chart, alt = charts.confidence_by_digit(CONFIDENCE_BANDS), "Predictions by digit and confidence"
        _show_clickable_chart(summary.confidence_by_digit, chart, "confidence-by-digit", alt)
        chart = charts.confidence(CONFIDENCE_BANDS, verdicts)
        _show_chart(_with_names(summary.confidence), chart, "Predictions by confidence and verdict")
        _show_chart(summary.hours, charts.hours(WEEKDAYS), "Predictions by weekday and hour")
        _show_chart(_with_names(summary.input_methods), charts.input_methods(methods), "Predictions by input method")
    times = by_time.rename(columns=_PERCENTILE_NAMES).melt(
        ["start", "end"], list(_PERCENTILE_NAMES.values()), "measure", "milliseconds"
    )
    _show_chart(times, charts.processing_time(unit), f"Processing time per {unit}, median and 95th percentile")


def show_accuracy(summary: Summary, labeled: int, is_everyone: bool) -> None:
    """Show how labels and predictions agree."""
    st.header("Accuracy")
    basis = (
        f"Based on {count_noun(labeled, 'labeled prediction')}. Mistakes are labeled more often than correct "
        "predictions, so the true accuracy may be higher."
    )
    if not _has_labels(labeled, is_everyone, basis):
        return
    with st.grid(2, min_column_width=320):
        rejected = REJECTED_NAMES[Mode.DIGIT]
        table = summary.confusion.replace(NO_DIGIT, rejected)
        chart, alt = charts.confusion((*DIGITS, rejected)), "Predictions by label and predicted digit"
        _show_clickable_chart(table, chart, "confusion", alt)
        _show_reliability(summary.reliability, charts.reliability(), labeled)


def show_numbers(numbers: NumberSummary, is_everyone: bool) -> None:
    """Show metrics, length, confidence and accuracy of numbers."""
    unit, verdicts = numbers.unit, tuple(NUMBER_VERDICT_NAMES.values())
    st.header("Numbers")
    st.caption("Numbers are counted separately from single digits.")
    show_metrics(numbers.metrics, numbers.previous, numbers.by_time, "number")
    with st.grid(5, min_column_width=150):
        _show_metric(REJECTED_NAMES[Mode.NUMBER], format_share(numbers.rejected))
        _show_metric("Character error rate", format_share(numbers.character_error_rate))
    chart = charts.predictions_by_time(unit, "Numbers over time")
    _show_chart(numbers.by_time[["start", "end", "predictions"]], chart, f"Numbers per {unit}")
    with st.grid(2, min_column_width=320):
        _show_chart(_with_names(numbers.lengths), charts.number_lengths(verdicts[:2]), "Numbers by length and verdict")
        chart = charts.confidence(CONFIDENCE_BANDS, verdicts, "Number confidence by verdict")
        _show_chart(_with_names(numbers.confidence), chart, "Numbers by confidence and verdict")
    labeled = numbers.metrics.labeled
    st.subheader("Accuracy of numbers")
    basis = (
        f"Based on {count_noun(labeled, 'labeled number')} with {count_noun(numbers.labeled_digits, 'digit')}. "
        "One wrong digit makes the whole number wrong. The character error rate is the share of digits that would have "
        "to be replaced, removed or inserted."
    )
    if _has_labels(labeled, is_everyone, basis):
        with st.grid(2, min_column_width=320):
            _show_chart(numbers.exact_match, charts.exact_match(), "Share of numbers without an error, by length")
            _show_reliability(numbers.reliability, charts.reliability("Reliability diagram of numbers"), labeled)


def show_least_confident(history: History, filter: Filter, mode: Mode) -> None:
    """Show the user's least confident predictions of a mode, each with a button that opens it."""
    if predictions := history.page(replace(filter, modes=(mode,)), Order.LEAST_CONFIDENT, LEAST_CONFIDENT):
        st.header(f"Least confident {mode}s")
        show_gallery(history, predictions)


def _show_metric(
    label: str,
    value: str,
    change: str | int | None = None,
    color: Literal["normal", "inverse", "off"] = "normal",
    course: "pd.Series[float] | None" = None,
) -> None:
    """Show a metric, with its change and its trend over time if there are any."""
    chart = course if course is not None and len(course) > 1 else None
    st.metric(label, value, change, color, border=True, height="stretch", chart_data=chart)


def _show_chart(table: pd.DataFrame, chart: Specification, alt: str) -> None:
    st.vega_lite_chart(_as_arrow(table), chart, alt=alt)


def _show_clickable_chart(table: pd.DataFrame, chart: Specification, key: str, alt: str) -> None:
    """Show a chart in which clicking a digit filters by it, and clicking it again removes the filter."""
    state = st.vega_lite_chart(_as_arrow(table), chart, key=key, on_select=partial(_toggle_clicked, key), alt=alt)
    session().chart_selections[key] = _selected_digits(state)


def _has_labels(labeled: int, is_everyone: bool, basis: str) -> bool:
    """Say what the accuracy is based on or, without labels, why there is none yet."""
    if labeled:
        st.caption(basis)
    elif is_everyone:
        st.markdown(
            f"Accuracy appears once at least {MIN_USERS} users have labeled predictions of this kind in this period."
        )
    else:
        st.markdown("None of these predictions is labeled. Label a few to measure accuracy.")
    return labeled > 0


def _show_reliability(table: pd.DataFrame, chart: Specification, labeled: int) -> None:
    if labeled < _MIN_LABELS:
        st.markdown(f"The reliability diagram needs at least {_MIN_LABELS} labels ({labeled} so far).")
    else:
        _show_chart(table, chart, "Accuracy by confidence")


def _with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with verdicts and input methods under the names shown to users."""
    names: dict[str, dict[Any, str]] = {"verdict": VERDICT_NAMES, "input_method": INPUT_METHOD_NAMES}
    return table.assign(**{name: table[name].map(names[name]) for name in names if name in table})


def _milliseconds(value: float) -> str:
    # More digits would be cut off on a phone.
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} ms"


def _change(metrics: Metrics, previous: Metrics | None, name: str, form: str, scale: int = 1) -> str | int | None:
    new, old = getattr(metrics, name), getattr(previous, name, None)
    if new is None or old is None:
        return None
    change = form.format((new - old) * scale)
    # A change that rounds to zero gets no arrow.
    return change if any(digit in change for digit in "123456789") else 0


def _toggle_clicked(key: str) -> None:
    # The filter may have changed elsewhere, so compare with the chart's own last selection to find the clicked digit.
    for digit in _selected_digits(st.session_state[key]) ^ session().chart_selections[key]:
        if digit in DIGITS:
            toggle_digit(digit)


def _selected_digits(state: Any) -> set[str]:
    return {point["digit"] for point in state["selection"].get(charts.CLICKED, [])}


def _as_arrow(table: pd.DataFrame) -> pa.Table:
    # Without this, the index would be a nameless first column of the CSV download.
    return pa.Table.from_pandas(table, preserve_index=False)
