"""The choice of mode and input method on the Draw page, and the input itself."""

from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import AnyPrediction, InputMethod, Kind, Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.draw.canvas import show_canvas
from digitrec.web.draw.drawing import put_strokes
from digitrec.web.draw.uploads import show_camera, show_upload
from digitrec.web.shared.models import number_recognizer_or_notice, selected_recognizers
from digitrec.web.shared.names import INPUT_METHOD_NAMES, MODE_NAMES
from digitrec.web.shared.session import UserInput, session

_MODE_KEY, _INPUT_METHOD_KEY = "draw-mode", "draw-input"
_SHOW = {InputMethod.CANVAS: show_canvas, InputMethod.UPLOAD: show_upload, InputMethod.CAMERA: show_camera}
_PROMPTS = {
    (Mode.DIGIT, InputMethod.CANVAS): (
        "Draw a digit",
        "Use a mouse, a pen or a finger. The prediction appears as you draw.",
    ),
    (Mode.DIGIT, InputMethod.UPLOAD): (
        "Upload an image",
        "A photo, scan or drawing of one digit, dark on light or light on dark.",
    ),
    (Mode.DIGIT, InputMethod.CAMERA): ("Take a photo", "One digit on plain paper, large and in good light."),
    (Mode.NUMBER, InputMethod.CANVAS): (
        "Draw a number",
        "Write the digits side by side; they may touch. The prediction appears as you draw.",
    ),
    (Mode.NUMBER, InputMethod.UPLOAD): ("Upload an image", "A photo, scan or drawing of one number on one line."),
    (Mode.NUMBER, InputMethod.CAMERA): ("Take a photo", "One number on one line, large and in good light."),
}


def show_mode() -> Mode:
    """Show the choice between digit and number, and return it."""
    return Mode(
        st.segmented_control(
            "Mode",
            list(MODE_NAMES),
            format_func=MODE_NAMES.__getitem__,
            default=Mode.DIGIT,
            required=True,
            label_visibility="collapsed",
            key=_MODE_KEY,
            persist_state="session",
        )
    )


def show_input_method() -> InputMethod:
    """Show the choice of the input method, and return it."""
    return InputMethod(
        st.segmented_control(
            "Input",
            list(_SHOW),
            format_func=INPUT_METHOD_NAMES.__getitem__,
            default=InputMethod.CANVAS,
            required=True,
            label_visibility="collapsed",
            key=_INPUT_METHOD_KEY,
            persist_state="session",
        )
    )


def show_input(mode: Mode, input_method: InputMethod) -> UserInput | None:
    """Show the canvas, the file uploader or the camera, and return what the user put in."""
    return _SHOW[input_method](mode)


def prompt(mode: Mode, input_method: InputMethod) -> tuple[str, str]:
    """Return a heading and a sentence that say what to do."""
    return _PROMPTS[mode, input_method]


def recognizers_for(mode: Mode, models: Sequence[str]) -> list[AnyRecognizer]:
    """Return the recognizers of a mode, with a notice on the page for each one that can't be used."""
    if mode is Mode.DIGIT:
        return [*selected_recognizers(models)]
    recognizer = number_recognizer_or_notice()
    return [recognizer] if recognizer else []


def offer_number_mode(predictions: Sequence[AnyPrediction]) -> None:
    """Show a button that switches to number mode if the input looks like several digits."""
    if any(prediction.reason is Kind.SEVERAL_DIGITS for prediction in predictions):
        st.button("Recognize as a number", key="as-number", icon=":material/123:", on_click=_switch_to_numbers)


def _switch_to_numbers() -> None:
    st.session_state[_MODE_KEY] = Mode.NUMBER
    # The mode is selected outside of the fragment that holds this button.
    st.rerun()


def open_pending_drawing() -> None:
    """Put the strokes of a saved prediction on the canvas, if the user asked to draw one again."""
    saved, session().pending_drawing = session().pending_drawing, None
    if saved:
        put_strokes(saved.strokes, saved.mode, saved.input_method)
        st.session_state[_MODE_KEY] = saved.mode
        st.session_state[_INPUT_METHOD_KEY] = InputMethod.CANVAS
