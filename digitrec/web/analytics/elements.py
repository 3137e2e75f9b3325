"""Metrics and charts that every section of the page uses."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.charts.common import Specification
from digitrec.analytics.summary import MIN_USERS, Metrics
from digitrec.prediction import DIGITS, Mode, percent
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.web.analytics.filters import toggle_digit
from digitrec.web.prediction.gallery import show_gallery
from digitrec.web.shared.names import INPUT_METHOD_NAMES, UNSURE, VERDICT_NAMES, count_noun
from digitrec.web.shared.session import session

_FEW_PREDICTIONS = 10
_MIN_LABELS = 30  # With fewer labels, a reliability diagram shows mostly chance.
LEAST_CONFIDENT = 9


def show_metrics(metrics: Metrics, previous: Metrics | None, by_time: pd.DataFrame, noun: str) -> None:
    """Show metrics with a small chart over time and the change since the previous period."""
    noun_count, speed = f"{metrics.predictions:,}", _milliseconds(metrics.milliseconds)
    accuracy = "–" if metrics.accuracy is None else f"{metrics.accuracy:.1%}"
    change = partial(_change, metrics, previous)
    points = partial(change, form="{:+.1f} points", scale=100)
    with st.grid(5, min_column_width=150):
        show_metric(f"{noun.capitalize()}s", noun_count, change("predictions", "{:+,}"), "off", by_time["predictions"])
        show_metric(
            "Average confidence", percent(metrics.confidence), points("confidence"), "normal", by_time["confidence"]
        )
        show_metric(UNSURE, f"{metrics.unsure:.1%}", points("unsure"), "inverse", by_time["unsure"])
        slower = change("milliseconds", "{:+.2f} ms")
        show_metric("Median processing time", speed, slower, "inverse", by_time["p50"])
        show_metric(f"Accuracy ({metrics.labeled:,} labeled)", accuracy, points("accuracy"))
    if previous:
        st.caption("Arrows show the change from the previous period of the same length.")
    if metrics.predictions < _FEW_PREDICTIONS:
        st.caption(f"Only {count_noun(metrics.predictions, noun)} so far. Charts become useful after a few dozen.")


def show_metric(
    label: str,
    value: str,
    change: str | int | None = None,
    color: Literal["normal", "inverse", "off"] = "normal",
    course: "pd.Series[float] | None" = None,
) -> None:
    """Show a metric, with its change and its trend over time if there are any."""
    chart = course if course is not None and len(course) > 1 else None
    st.metric(label, value, change, color, border=True, height="stretch", chart_data=chart)


def show_chart(table: pd.DataFrame, chart: Specification, alt: str) -> None:
    """Show a chart."""
    st.vega_lite_chart(_as_arrow(table), chart, alt=alt)


def show_clickable_chart(table: pd.DataFrame, chart: Specification, key: str, alt: str) -> None:
    """Show a chart in which clicking a digit filters by it, and clicking it again removes the filter."""
    state = st.vega_lite_chart(_as_arrow(table), chart, key=key, on_select=partial(_toggle_clicked, key), alt=alt)
    session().chart_selections[key] = _selected_digits(state)


def show_reliability(table: pd.DataFrame, chart: Specification, labeled: int) -> None:
    """Show a reliability diagram, if there are enough labels."""
    if labeled < _MIN_LABELS:
        st.markdown(f"The reliability diagram needs at least {_MIN_LABELS} labels ({labeled} so far).")
    else:
        show_chart(table, chart, "Accuracy by confidence")


def show_least_confident(history: History, filter: Filter, mode: Mode) -> None:
    """Show the user's least confident predictions of a mode, each with a button that opens it."""
    if predictions := history.page(replace(filter, modes=(mode,)), Order.LEAST_CONFIDENT, LEAST_CONFIDENT):
        st.header(f"Least confident {mode}s")
        show_gallery(history, predictions)


def show_no_labels(is_everyone: bool) -> None:
    """Explain why there is no accuracy yet."""
    if is_everyone:
        st.markdown(
            f"Accuracy appears once at least {MIN_USERS} users have labeled predictions of this kind in this period."
        )
    else:
        st.markdown("None of these predictions is labeled. Label a few to measure accuracy.")


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with verdicts and input methods under the names shown to users."""
    names: dict[str, dict[Any, str]] = {"verdict": VERDICT_NAMES, "input_method": INPUT_METHOD_NAMES}
    return table.assign(**{name: table[name].astype(str).map(names[name]) for name in names if name in table})


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
