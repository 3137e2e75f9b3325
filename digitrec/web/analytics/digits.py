"""The sections about single digits."""

import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.summary import CONFIDENCE_BANDS, WEEKDAYS, Summary
from digitrec.prediction import DIGITS, Mode
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.web.analytics.elements import (
    show_chart,
    show_clickable_chart,
    show_no_labels,
    show_reliability,
    with_names,
)
from digitrec.web.shared.names import DIGIT_VERDICT_NAMES, INPUT_METHOD_NAMES, REJECTED_NAMES, count_noun

_REJECTED = REJECTED_NAMES[Mode.DIGIT]
_PERCENTILE_NAMES = {"p50": "Median (p50)", "p95": "95th percentile (p95)"}


def show_digit_charts(summary: Summary) -> None:
    """Show charts of digits, times, confidence, speed and input methods."""
    unit, by_time = summary.unit, summary.by_time
    verdicts, methods = tuple(DIGIT_VERDICT_NAMES.values()), tuple(INPUT_METHOD_NAMES.values())
    show_chart(by_time[["start", "end", "predictions"]], charts.predictions_by_time(unit), f"Predictions per {unit}")
    with st.grid(2, min_column_width=320):
        chart, alt = charts.digits(verdicts[:2]), "Predictions by digit and verdict"
        show_clickable_chart(with_names(summary.digits), chart, "digits", alt)
        chart, alt = charts.digits_by_time(unit), f"Predictions of each digit per {unit}"
        show_clickable_chart(summary.digits_by_time, chart, "digits-by-time", alt)
        chart, alt = charts.confidence_by_digit(CONFIDENCE_BANDS), "Predictions by digit and confidence"
        show_clickable_chart(summary.confidence_by_digit, chart, "confidence-by-digit", alt)
        chart = charts.confidence(CONFIDENCE_BANDS, verdicts)
        show_chart(with_names(summary.confidence), chart, "Predictions by confidence and verdict")
        show_chart(summary.hours, charts.hours(WEEKDAYS), "Predictions by weekday and hour")
        show_chart(with_names(summary.input_methods), charts.input_methods(methods), "Predictions by input method")
    times = by_time.rename(columns=_PERCENTILE_NAMES).melt(
        ["start", "end"], list(_PERCENTILE_NAMES.values()), "measure", "milliseconds"
    )
    show_chart(times, charts.processing_time(unit), f"Processing time per {unit}, median and 95th percentile")


def show_accuracy(summary: Summary, labeled: int, is_everyone: bool) -> None:
    """Show how labels and predictions agree."""
    st.header("Accuracy")
    if not labeled:
        show_no_labels(is_everyone)
        return
    st.caption(
        f"Based on {count_noun(labeled, 'labeled prediction')}. Mistakes are labeled more often than correct "
        "predictions, so the true accuracy may be higher."
    )
    with st.grid(2, min_column_width=320):
        alt = "Predictions by label and predicted digit"
        table = summary.confusion.astype({"label": str, "digit": str}).replace(NO_DIGIT, _REJECTED)
        show_clickable_chart(table, charts.confusion((*DIGITS, _REJECTED)), "confusion", alt)
        show_reliability(summary.reliability, charts.reliability(), labeled)
