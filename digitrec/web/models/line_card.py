"""The model card of the number model."""

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.config import EVERYHAND
from digitrec.recognition.models.cards import LineCard
from digitrec.recognition.models.weaknesses import weaknesses_with_lines
from digitrec.web.models.architecture import show_architecture, show_training
from digitrec.web.models.elements import show_overview, show_table, show_weaknesses
from digitrec.web.shared.names import CONFIDENT


def show_line_card(card: LineCard) -> None:
    """Show everything about the number model except its speed."""
    show_overview(
        card,
        "Number threshold",
        card.number_threshold,
        "If the most likely number is less likely than this, the line is rejected.",
        f"Not counting those of {EVERYHAND}, which it also uses.",
    )
    if card.evaluations:
        _show_accuracy(card)
        show_weaknesses(weaknesses_with_lines(card))
        _show_calibration(card)
    show_architecture(card)
    show_training(card)


def _show_accuracy(card: LineCard) -> None:
    st.header("Accuracy")
    errors = [
        {"source": source, "subset": subset, "wrong": 1 - exact_match, "lines": lines}
        for source, evaluation in card.evaluations.items()
        for subset, exact_match, lines in (
            ("All lines", evaluation.exact_match, evaluation.lines),
            (CONFIDENT, evaluation.confident_exact_match, round(evaluation.lines * evaluation.confident)),
        )
        if exact_match is not None
    ]
    alt = "Share of lines with at least one error, by test set"
    st.vega_lite_chart(pd.DataFrame(errors), charts.mistakes_by_source(), alt=alt)
    st.caption(
        "None of these lines were used in training. A line counts as wrong if any digit is wrong. Measured with "
        f"`python -m digitrec evaluate --model {card.name} --data DIR`."
    )
    rows = [
        {
            "Test set": source,
            "Lines": evaluation.lines,
            "Exact match": evaluation.exact_match,
            CONFIDENT: evaluation.confident,
            "Exact match when confident": evaluation.confident_exact_match,
            "False rejects": evaluation.refused,
            "Character error rate": evaluation.character_error_rate,
            "Expected calibration error": evaluation.calibration_error,
        }
        for source, evaluation in card.evaluations.items()
    ]
    confident = card.confident_false_accepts
    with st.expander("All metrics"):
        show_table(rows, "All metrics on each test set")
        if card.false_accepts:
            shares = ", ".join(
                f"{kind} {share:.2%}" + f" ({confident[kind]:.2%} confidently)" * (kind in confident)
                for kind, share in card.false_accepts.items()
            )
            st.markdown(f"False accepts (lines with a non-digit that are read as digits only): {shares}.")


def _show_calibration(card: LineCard) -> None:
    st.header("Calibration")
    st.markdown("Of the numbers that a well-calibrated model predicts with 80% confidence, 80% are correct.")
    source = st.selectbox("Test set", list(card.evaluations), key="line-test-set", persist_state="session")
    rows = [
        {"confidence": bin_.confidence, "accuracy": bin_.accuracy, "lines": bin_.digits}
        for bin_ in card.evaluations[source].reliability
    ]
    st.vega_lite_chart(pd.DataFrame(rows), charts.line_reliability(), alt=f"Accuracy by confidence on {source}")
