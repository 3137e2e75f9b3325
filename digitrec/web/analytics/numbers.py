"""The section about numbers."""

import streamlit as st

from digitrec.analytics.charts import predictions as charts
from digitrec.analytics.summary import CONFIDENCE_BANDS, NumberSummary
from digitrec.prediction import NumberVerdict
from digitrec.web.analytics.elements import (
    show_chart,
    show_metric,
    show_metrics,
    show_no_labels,
    show_reliability,
    with_names,
)
from digitrec.web.shared.names import VERDICT_NAMES, count_noun

_VERDICTS = tuple(VERDICT_NAMES[verdict] for verdict in (NumberVerdict.NUMBER, NumberVerdict.UNSURE))
_REJECTED = VERDICT_NAMES[NumberVerdict.NOT_A_NUMBER]


def show_numbers(numbers: NumberSummary, is_everyone: bool) -> None:
    """Show metrics, length, confidence and accuracy of numbers."""
    st.header("Numbers")
    st.caption("Numbers are counted separately: the charts above are about single digits.")
    show_metrics(numbers.metrics, numbers.previous, numbers.by_time, "number")
    with st.grid(5, min_column_width=150):
        show_metric(_REJECTED, f"{numbers.rejected:.1%}")
        show_metric(
            "Character error rate",
            "–" if numbers.character_error_rate is None else f"{numbers.character_error_rate:.1%}",
        )
    show_chart(
        numbers.by_time[["start", "end", "predictions"]],
        charts.predictions_by_time(numbers.unit, "Numbers over time"),
        f"Numbers per {numbers.unit}",
    )
    with st.grid(2, min_column_width=320):
        show_chart(with_names(numbers.lengths), charts.number_lengths(_VERDICTS), "Numbers by length and verdict")
        show_chart(
            with_names(numbers.confidence),
            charts.confidence(CONFIDENCE_BANDS, (*_VERDICTS, _REJECTED), "Number confidence by verdict"),
            "Numbers by confidence and verdict",
        )
    _show_accuracy(numbers, is_everyone)


def _show_accuracy(numbers: NumberSummary, is_everyone: bool) -> None:
    labeled = numbers.metrics.labeled
    st.subheader("Accuracy of numbers")
    if not labeled:
        show_no_labels(is_everyone)
        return
    st.caption(
        f"Based on {count_noun(labeled, 'labeled number')} with {count_noun(numbers.labeled_digits, 'digit')}. "
        "One wrong digit makes the whole number wrong. The character error rate counts every digit that has to be "
        "replaced, removed or inserted."
    )
    with st.grid(2, min_column_width=320):
        show_chart(numbers.exact_match, charts.exact_match(), "Share of numbers without an error, by length")
        show_reliability(numbers.reliability, charts.reliability("Reliability diagram of numbers"), labeled)
