"""The section about numbers."""

import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.summary import CONFIDENCE_BANDS, NumberSummary
from digitrec.prediction import Mode
from digitrec.web.analytics.elements import (
    show_chart,
    show_metric,
    show_metrics,
    show_no_labels,
    show_reliability,
    with_names,
)
from digitrec.web.shared.names import NUMBER_VERDICT_NAMES, REJECTED_NAMES, count_noun

_VERDICTS = tuple(NUMBER_VERDICT_NAMES.values())


def show_numbers(numbers: NumberSummary, is_everyone: bool) -> None:
    """Show metrics, length, confidence and accuracy of numbers."""
    error_rate, unit = numbers.character_error_rate, numbers.unit
    st.header("Numbers")
    st.caption("Numbers are counted separately from single digits.")
    show_metrics(numbers.metrics, numbers.previous, numbers.by_time, "number")
    with st.grid(5, min_column_width=150):
        show_metric(REJECTED_NAMES[Mode.NUMBER], f"{numbers.rejected:.1%}")
        show_metric("Character error rate", "–" if error_rate is None else f"{error_rate:.1%}")
    chart = charts.predictions_by_time(unit, "Numbers over time")
    show_chart(numbers.by_time[["start", "end", "predictions"]], chart, f"Numbers per {unit}")
    with st.grid(2, min_column_width=320):
        show_chart(with_names(numbers.lengths), charts.number_lengths(_VERDICTS[:2]), "Numbers by length and verdict")
        chart = charts.confidence(CONFIDENCE_BANDS, _VERDICTS, "Number confidence by verdict")
        show_chart(with_names(numbers.confidence), chart, "Numbers by confidence and verdict")
    labeled = numbers.metrics.labeled
    st.subheader("Accuracy of numbers")
    if not labeled:
        show_no_labels(is_everyone)
        return
    st.caption(
        f"Based on {count_noun(labeled, 'labeled number')} with {count_noun(numbers.labeled_digits, 'digit')}. "
        "One wrong digit makes the whole number wrong. The character error rate is the share of digits that would have "
        "to be replaced, removed or inserted."
    )
    with st.grid(2, min_column_width=320):
        show_chart(numbers.exact_match, charts.exact_match(), "Share of numbers without an error, by length")
        show_reliability(numbers.reliability, charts.reliability("Reliability diagram of numbers"), labeled)
