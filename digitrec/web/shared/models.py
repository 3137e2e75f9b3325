"""The choice of models, and notices for models that can't be used."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from digitrec.config import BASELINE, EVERYHAND, LINE, settings
from digitrec.prediction import Mode
from digitrec.recognition.automatic import AnyRecognizer, AutomaticRecognizer
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.services import services
from digitrec.web.shared.notices import show_errors

T = TypeVar("T")
_MODELS_KEY = "models"
_MAX_COMPARED = 4


def show_model_choice(names: Sequence[str]) -> None:
    """Show the button for choosing a model, or up to four to compare."""
    if len(names) < 2:
        return
    selected = st.session_state.get(_MODELS_KEY) or names[:1]
    label = f"Model: {selected[0]}" if len(selected) == 1 else f"Models: {len(selected)} selected"
    with st.popover(label, key="choose-model"):
        st.pills(
            "Model (select up to four to compare)",
            names,
            selection_mode="multi",
            default=names[0],
            key=_MODELS_KEY,
            on_change=_limit_selection,
            args=(names[0],),
            persist_state="session",
            wrap=True,
        )
        if names[0] != settings().model:
            st.caption(
                f":material/info: {settings().model} can't be the default: on some test sets it is less accurate than "
                f"{names[0]}, which it was fine-tuned from."
            )


def recognizers_for(mode: Mode | None, names: Sequence[str]) -> list[AnyRecognizer]:
    """Return the recognizers of a mode, and show a notice for each one that can't be used.

    Without a mode, the first recognizer decides whether the image shows a digit or a number.
    """
    numbers = None if mode is Mode.DIGIT else number_recognizer_or_notice()
    if mode is Mode.NUMBER:
        return [numbers] if numbers else []
    selected = [name for name in names if name in (st.session_state.get(_MODELS_KEY) or ())] or names[:1]
    digits = [recognizer for recognizer in map(recognizer_or_notice, selected) if recognizer]
    if digits and numbers:
        return [AutomaticRecognizer(digits[0], numbers), *digits[1:]]
    return [*digits]


def recognizer_or_notice(name: str) -> DigitRecognizer | None:
    """Return the digit recognizer of a model; if it can't be used, show a notice and return None."""
    return _or_notice(lambda: services().digit_recognizer(name), name)


def number_recognizer_or_notice() -> NumberRecognizer | None:
    """Return the number recognizer; if its model can't be used, show a notice and return None."""
    return _or_notice(services().number_recognizer, LINE)


def _or_notice(load: Callable[[], T], name: str) -> T | None:
    with show_errors():
        return load()
    if name in (BASELINE, EVERYHAND, LINE):
        data = "" if name == BASELINE else " --data DIR"
        command = f"python -m digitrec train --model {name}{data}"
        st.markdown("Run these commands to create the model, then reload the page:")
        st.code(f"pip install -r requirements.txt\n{command}", language="bash")
    elif name == settings().model:
        st.markdown(f"Set `DIGITREC_MODEL` to another model, such as `{EVERYHAND}`, and restart the app.")
    else:
        st.markdown("Choose another model.")
    return None


def _limit_selection(default: str) -> None:
    st.session_state[_MODELS_KEY] = st.session_state[_MODELS_KEY][-_MAX_COMPARED:] or [default]
