"""Elements that the cards of digit models and of the number model share."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from digitrec.recognition.models.cards import ModelCard
from digitrec.storage.export import escape_formula
from digitrec.web.shared.names import UNKNOWN


def show_overview(
    card: ModelCard, threshold_name: str, threshold: float, threshold_help: str, parameters_help: str | None = None
) -> None:
    """Show the description of a model, its size, its confidence threshold and its rejection threshold."""
    confidence_help = "A prediction with a lower confidence is marked unsure."
    st.text(card.description)
    with st.grid("auto", min_column_width=165):
        st.metric("Parameters", f"{card.parameters:,}", help=parameters_help)
        st.metric("File size", f"{card.size_bytes / 1024:,.0f} KB")
        st.metric("Confidence threshold", f"{card.confidence_threshold:.1%}", help=confidence_help)
        st.metric(threshold_name, f"{threshold:.1%}", help=threshold_help)


def show_table(rows: Sequence[Mapping[str, Any]], alt: str, **columns: Any) -> None:
    """Show a table in which fractions are percentages, except in the columns that ``columns`` configures."""
    table = pd.DataFrame([{name: escape_formula(value) for name, value in row.items()} for row in rows])
    fractions = table.select_dtypes("float").columns.difference(list(columns))
    # Streamlit's own format for percentages drops trailing zeros.
    table[fractions] *= 100
    percent = st.column_config.NumberColumn(format="%.2f%%")
    count = st.column_config.NumberColumn(format="localized")
    config: dict[str, Any] = {str(name): percent for name in fractions}
    config |= {str(name): count for name in table.select_dtypes("int")}
    # Otherwise, wide tables cut off the names of the test sets.
    config["Test set"] = st.column_config.TextColumn(width="medium")
    config |= columns
    st.dataframe(table, hide_index=True, height="content", column_config=config, placeholder=UNKNOWN, alt=alt)


def show_weaknesses(weaknesses: Mapping[str, Sequence[str]]) -> None:
    """Show the weaknesses of a model, grouped by topic."""
    if not weaknesses:
        return
    st.header("Known weaknesses")
    with st.grid("auto", min_column_width=280):
        for topic, items in weaknesses.items():
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{topic}**\n" + "".join(f"\n- {item}" for item in items))
