"""Reading what was handed in, once."""

import streamlit as st

from digitrec.recognition.recognition import Recognition, Source
from digitrec.recognition.recognizer import Recognizer
from digitrec.ui.entry import Entry


def read(entry: Entry, recognizer: Recognizer) -> Recognition:
    """What the entry says; a file is not read again when the page only runs again.

    Raises:
        ImageError: it cannot be read; its message says why and what to do.
    """
    if entry.source in (Source.CANVAS, Source.SAMPLE):
        # Read in a millisecond, and its steps would take more memory than all else that a session keeps.
        return recognizer.read(entry.data, entry.source)
    last: tuple[Entry, dict[str, Recognition]] | None = st.session_state.get("last_reading")
    if not last or last[0] != entry:
        last = entry, {}
    name = recognizer.model.card.name
    if name not in last[1]:
        with st.spinner("Reading the picture"):
            last[1][name] = recognizer.read(entry.data, entry.source)
        st.session_state.last_reading = last
    return last[1][name]
