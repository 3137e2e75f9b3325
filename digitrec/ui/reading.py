"""Reading what was handed in, once."""

import streamlit as st

from digitrec.recognition.recognition import Recognition
from digitrec.recognition.recognizer import Recognizer
from digitrec.ui.entry import Entry


def read(entry: Entry, recognizer: Recognizer) -> Recognition:
    """What the entry says; a rerun with the same entry gets the same answer without reading again.

    Raises:
        ImageError: it cannot be read; its message says why and what to do.
    """
    last: tuple[Entry, Recognition] | None = st.session_state.get("last_reading")
    if last and last[0] == entry and last[1].model == recognizer.model.card.name:
        return last[1]
    recognition = recognizer.read(entry.data, entry.source)
    st.session_state.last_reading = entry, recognition
    return recognition
