"""The models the server has loaded, shared by all sessions."""

import streamlit as st

from digitrec.errors import ModelError
from digitrec.recognition.models import load_model
from digitrec.recognition.recognizer import Recognizer
from digitrec.settings import BASELINE, settings


@st.cache_resource(show_spinner=False)
def load_recognizer(name: str) -> Recognizer:
    """The recognizer of the model ``name``, loaded once.

    Raises:
        ModelError: it is missing or broken; the next call tries again.
    """
    return Recognizer(load_model(name, settings().models))


def recognizer_or_notice() -> Recognizer | None:
    """The recognizer in use, or, where its model cannot be used, None and a notice on the page."""
    name = settings().model
    try:
        return load_recognizer(name)
    except ModelError as error:
        st.error(f"{error} Nothing can be read until it is mended.", icon=":material/error:")
        if name == BASELINE:
            st.markdown("These commands make it. Reload the page when they are done.")
            st.code(".venv/bin/pip install -r requirements.txt\n.venv/bin/python -m digitrec train", language="bash")
        else:
            st.markdown(f"Or set `DIGITREC_MODEL` to another model, such as `{BASELINE}`, and start the app again.")
        return None
