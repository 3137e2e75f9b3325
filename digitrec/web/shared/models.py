"""The models the server has loaded, shared by all sessions, and the choice of those that read."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from digitrec.config import BASELINE, EVERYHAND, LINE, settings
from digitrec.errors import ModelError
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.services import services

T = TypeVar("T")


def show_model_choice(names: Sequence[str]) -> None:
    """Show the choice of the model that reads, or of two to compare."""
    if len(names) > 1:
        st.pills(
            "Read by (choose two to compare)",
            names,
            selection_mode="multi",
            default=names[0],
            key="models",
            on_change=_one_or_two,
            args=(names[0],),
            persist_state="session",
            wrap=True,
        )
        if names[0] != settings().model:
            st.caption(
                f":material/info: {settings().model} reads worse than {names[0]}, which it was trained further from, "
                "and so is not the default."
            )


def chosen_recognizers(names: Sequence[str]) -> list[DigitRecognizer]:
    """The one or two recognizers that were chosen; a notice on the page for each that cannot be used."""
    chosen = [name for name in names if name in (st.session_state.get("models") or ())] or names[:1]
    return [recognizer for recognizer in map(recognizer_or_notice, chosen) if recognizer]


def recognizer_or_notice(name: str) -> DigitRecognizer | None:
    """The recognizer of this name, or, where its model cannot be used, None and a notice on the page."""
    return _or_notice(lambda: services().digit_recognizer(name), name)


def number_recognizer_or_notice() -> NumberRecognizer | None:
    """The recognizer of numbers, or, where its model cannot be used, None and a notice on the page."""
    return _or_notice(services().number_recognizer, LINE)


def _or_notice(load: Callable[[], T], name: str) -> T | None:
    try:
        return load()
    except ModelError as error:
        st.error(f"{error} It cannot read until that is mended.", icon=":material/error:")
        if name in (BASELINE, EVERYHAND, LINE):
            data = "" if name == BASELINE else " --data DIR"
            st.markdown("These commands make it. Reload the page when they are done.")
            st.code(
                f".venv/bin/pip install -r requirements.txt\n.venv/bin/python -m digitrec train --model {name}{data}",
                language="bash",
            )
        else:
            st.markdown(f"Or set `DIGITREC_MODEL` to another model, such as `{EVERYHAND}`, and start the app again.")
        return None


def _one_or_two(default: str) -> None:
    st.session_state.models = st.session_state.models[-2:] or [default]
