"""What a model is, in four numbers."""

import streamlit as st

from digitrec.recognition.models.cards import ModelCard


def show_overview(
    card: ModelCard, threshold_name: str, threshold: float, threshold_help: str, parameters_help: str | None = None
) -> None:
    """Show the description of a model, its size, its confidence threshold and the threshold that rejects."""
    st.text(card.description)
    with st.grid("auto", min_column_width=190):
        st.metric("Parameters", f"{card.parameters:,}", border=True, help=parameters_help)
        st.metric("File size", f"{card.size_bytes / 1024:,.0f} KB", border=True)
        st.metric(
            "Confidence threshold",
            f"{card.confidence_threshold:.1%}",
            border=True,
            help="A prediction with a lower confidence is marked unsure.",
        )
        st.metric(threshold_name, f"{threshold:.1%}", border=True, help=threshold_help)
