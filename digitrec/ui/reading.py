"""Reading what was handed in, once."""

import streamlit as st

from digitrec.errors import ImageError
from digitrec.recognition.recognition import Recognition
from digitrec.recognition.recognizer import Recognizer
from digitrec.ui.entry import Entry


def read(entry: Entry, recognizer: Recognizer) -> Recognition | None:
    """What the entry says, or, where it cannot be read, None and a notice on the page.

    A rerun with the same entry gets the same answer without reading again.
    """
    last = st.session_state.get("last_reading")
    if last and last[0] == entry and last[1].model == recognizer.model.card.name:
        recognition: Recognition = last[1]
        return recognition
    try:
        recognition = recognizer.read(entry.data, entry.source)
    except ImageError as error:
        st.warning(str(error), icon=":material/broken_image:")
        return None
    st.session_state.last_reading = entry, recognition
    return recognition
