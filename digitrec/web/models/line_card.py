"""The card of the model that reads numbers."""

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.analytics.charts.reliability import reliability_diagram
from digitrec.analytics.charts.spec import HEIGHT
from digitrec.config import EVERYHAND
from digitrec.recognition.models.cards import LineCard
from digitrec.recognition.models.weaknesses import weaknesses_with_lines
from digitrec.web.models.architecture import show_network, show_training
from digitrec.web.models.digit_card import show_weaknesses

_SHARES = ("Read without a mistake", "Called sure", "Right, if sure", "Refused", "Digits wrong", "Calibration error")


def show_line_card(card: LineCard) -> None:
    """Show what the model is, how well it reads each source of lines, and how it was made."""
    st.text(card.description)
    with st.grid("auto", min_column_width=150):
        st.metric("Parameters", f"{card.parameters:,}", border=True, help=f"Beside those of {EVERYHAND}.")
        st.metric("File", f"{card.size_bytes / 1024:,.0f} KB", border=True)
        st.metric(
            "Sure from",
            f"{card.confidence_threshold:.1%}",
            border=True,
            help="A number with less confidence is called unsure.",
        )
        st.metric(
            "A number from",
            f"{card.number_threshold:.1%}",
            border=True,
            help="A line whose likeliest reading is less likely than this is refused.",
        )
    if card.evaluations:
        _show_sources(card)
        show_weaknesses(weaknesses_with_lines(card))
        _show_reliability(card)
    show_network(card)
    show_training(card)


def _show_sources(card: LineCard) -> None:
    st.header("How well does it read?")
    wrong = [
        {"source": source, "of": of, "wrong": 1 - right, "lines": lines}
        for source, found in card.evaluations.items()
        for of, right, lines in (
            ("All lines", found.exact_match, found.lines),
            ("Called sure", found.confident_exact_match, round(found.lines * found.confident)),
        )
        if right is not None
    ]
    st.vega_lite_chart(
        pd.DataFrame(wrong), charts.mistakes_by_source(), alt="Share of lines of each source read with a mistake"
    )
    st.caption(
        "Lines no part of which was trained on. One digit wrong makes all of a line wrong. Measured by "
        f"`python -m digitrec evaluate --model {card.name} --data DIR`."
    )
    figures = [
        {
            "Source": source,
            "Lines": found.lines,
            "Read without a mistake": found.exact_match,
            "Called sure": found.confident,
            "Right, if sure": found.confident_exact_match,
            "Refused": found.refused,
            "Digits wrong": found.character_error_rate,
            "Calibration error": found.calibration_error,
        }
        for source, found in card.evaluations.items()
    ]
    with st.expander("Every figure"):
        st.dataframe(
            pd.DataFrame(figures),
            hide_index=True,
            height="content",
            column_config=dict.fromkeys(_SHARES, st.column_config.NumberColumn(format="percent")),
            alt="How well it reads each source of lines",
        )
        if card.false_accepts:
            shares = "; ".join(f"{kind} {share:.1%}" for kind, share in card.false_accepts.items())
            st.markdown(
                "Of lines with something that is no digit, of kinds never trained on, it reads as digits alone: "
                f"{shares}."
            )


def _show_reliability(card: LineCard) -> None:
    st.header("Is its confidence earned?")
    sources = list(card.evaluations)
    source = st.selectbox("Source", sources, key="line-source", persist_state="session")
    rows = [
        {"confidence": one.confidence, "accuracy": one.accuracy, "lines": one.digits}
        for one in card.evaluations[source].reliability
    ]
    st.vega_lite_chart(
        pd.DataFrame(rows), reliability_diagram(HEIGHT, "lines"), alt=f"How often {source} was right, by confidence"
    )
