"""The choice of mode and input method on the Draw page, and the input itself."""

from collections.abc import Callable, Sequence

import streamlit as st

from digitrec.errors import DrawingError
from digitrec.imaging.files.decode import MAX_BYTES, SUFFIXES
from digitrec.prediction import AnyPrediction, InputMethod, Kind, Mode, Verdict
from digitrec.web.draw.drawing import put_strokes
from digitrec.web.shared.choice import choose
from digitrec.web.shared.names import AUTOMATIC_NAME, INPUT_METHOD_NAMES, MODE_NAMES
from digitrec.web.shared.notices import queue_notice
from digitrec.web.shared.session import UserInput, session

_MODE_KEY, _IMAGE_MODE_KEY, _INPUT_METHOD_KEY = "draw-mode", "draw-image-mode", "draw-input"
_UPLOAD_KEY = "upload"
_SUBJECTS = {None: "a digit or number", Mode.DIGIT: "one digit", Mode.NUMBER: "one number"}
PROMPTS = {
    (Mode.DIGIT, InputMethod.CANVAS): (
        "Draw a digit",
        "Use your mouse, pen or finger. The prediction appears as you draw.",
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
    (None, InputMethod.UPLOAD): (
        "Upload an image",
        "A photo, scan or drawing of a digit, or of a number on one line, dark on light or light on dark.",
    ),
    (None, InputMethod.CAMERA): (
        "Take a photo",
        "A digit on plain paper, or a number on one line, large and in good light.",
    ),
}
"""A heading and a sentence that say what to do. Without a mode, a digit or a number is recognized, whichever the image
shows."""


def show_mode(input_method: InputMethod) -> Mode | None:
    """Let the user choose between digit and number; return the mode, or None to recognize what the image shows."""
    if input_method is InputMethod.CANVAS:
        return Mode(choose("Mode", MODE_NAMES, _MODE_KEY, MODE_NAMES.__getitem__))
    # Streamlit wouldn't select None by default.
    options = ("", *MODE_NAMES)
    mode = choose("Mode", options, _IMAGE_MODE_KEY, lambda mode: MODE_NAMES[Mode(mode)] if mode else AUTOMATIC_NAME)
    return Mode(mode) if mode else None


def show_input_method() -> InputMethod:
    """Let the user choose the input method, and return it."""
    methods = (InputMethod.CANVAS, InputMethod.UPLOAD, InputMethod.CAMERA)
    return InputMethod(choose("Input", methods, _INPUT_METHOD_KEY, INPUT_METHOD_NAMES.__getitem__))


def show_image_input(mode: Mode | None, input_method: InputMethod) -> Callable[[], UserInput | None]:
    """Show the file uploader or the camera, and return a function that reads the user's image."""
    subject = _SUBJECTS[mode]
    if input_method is InputMethod.UPLOAD:
        limit = MAX_BYTES // 2**20
        file = st.file_uploader(f"Image of {subject}", type=SUFFIXES, max_upload_size=limit, key=_UPLOAD_KEY)
        return lambda: (
            UserInput(input_method, file.file_id, file.getvalue(), filename=file.name[-255:]) if file else None
        )
    photo = st.camera_input(f"Photo of {subject} on paper", key="camera", width=480)
    return lambda: UserInput(input_method, photo.file_id, photo.getvalue()) if photo else None


def keep_upload(mode: Mode | None) -> None:
    """Show the file uploader where nobody sees it, if it holds a file, which Streamlit would forget otherwise."""
    if st.session_state.get(_UPLOAD_KEY):
        with st.container(key="hidden-upload"):
            show_image_input(mode, InputMethod.UPLOAD)


def offer_other_mode(mode: Mode | None, input_method: InputMethod, predictions: Sequence[AnyPrediction]) -> None:
    """Show a button that switches the mode if the input looks like several digits or, in number mode, like one.

    An image in which no digit was found may still show a number, because its digits are smaller.
    """
    is_drawn = input_method is InputMethod.CANVAS
    key = _MODE_KEY if is_drawn else _IMAGE_MODE_KEY
    may_be_number = any(
        prediction.reason is Kind.SEVERAL_DIGITS or (prediction.verdict is Verdict.BLANK and not is_drawn)
        for prediction in predictions
    )
    if mode is Mode.DIGIT and may_be_number:
        _show_switch("Recognize as a number", "as-number", key, Mode.NUMBER)
    elif mode is Mode.NUMBER and any(len(prediction.text) == 1 for prediction in predictions):
        _show_switch("Recognize as one digit", "as-digit", key, Mode.DIGIT)
    else:
        # Otherwise, Streamlit wouldn't let a later run of the fragment show a button in a container outside of it.
        st.empty()


def _show_switch(label: str, key: str, mode_key: str, mode: Mode) -> None:
    def switch() -> None:
        st.session_state[mode_key] = mode
        # The mode is selected outside of the fragment that holds this button.
        st.rerun()

    st.button(label, key=key, icon=":material/123:" if mode is Mode.NUMBER else ":material/counter_1:", on_click=switch)


def open_pending_drawing() -> None:
    """Put the strokes of a saved prediction on the canvas, if the user asked to draw one again."""
    saved, session().pending_drawing = session().pending_drawing, None
    if saved:
        try:
            put_strokes(saved.strokes, saved.mode, saved.input_method)
        except DrawingError:
            queue_notice("This drawing is too large for the canvas.")
        st.session_state[_MODE_KEY] = saved.mode
        st.session_state[_INPUT_METHOD_KEY] = InputMethod.CANVAS
