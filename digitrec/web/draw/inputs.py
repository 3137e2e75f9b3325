"""What is to be read on the Draw page, a digit or a number, and how it comes in."""

from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import AnyPrediction, Kind, Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.draw import canvas
from digitrec.web.draw.uploads import show_camera, show_upload
from digitrec.web.shared.models import chosen_recognizers, number_recognizer_or_notice
from digitrec.web.shared.names import MODE_NAMES
from digitrec.web.shared.session import session
from digitrec.web.shared.user_input import UserInput

DRAW, UPLOAD, CAMERA = "Draw", "Upload", "Camera"
_SHOW = {DRAW: canvas.show_canvas, UPLOAD: show_upload, CAMERA: show_camera}
_ASKED = {
    (Mode.DIGIT, DRAW): ("Draw a digit", "With the mouse, a pen or a finger. The answer appears as you draw."),
    (Mode.DIGIT, UPLOAD): (
        "Upload a picture",
        "Of one digit: a photo, a scan or a drawing, dark on light or light on dark.",
    ),
    (Mode.DIGIT, CAMERA): ("Take a photo", "Of one digit on plain paper, large and in good light."),
    (Mode.NUMBER, DRAW): ("Draw a number", "Its digits side by side; they may touch. The answer appears as you draw."),
    (Mode.NUMBER, UPLOAD): ("Upload a picture", "Of one number in one line: a photo, a scan or a drawing."),
    (Mode.NUMBER, CAMERA): ("Take a photo", "Of one number in one line, large and in good light."),
}
_MODE, _WAY = "draws", "way"


def show_mode() -> Mode:
    """Show the choice between a digit and a number, and return it."""
    return Mode(
        st.segmented_control(
            "What to read",
            list(MODE_NAMES),
            format_func=MODE_NAMES.__getitem__,
            default=Mode.DIGIT,
            required=True,
            label_visibility="collapsed",
            key=_MODE,
            persist_state="session",
        )
    )


def show_input_method() -> str:
    """Show the choice of a way in, and return it."""
    return st.segmented_control(
        "Way in",
        list(_SHOW),
        default=DRAW,
        required=True,
        label_visibility="collapsed",
        key=_WAY,
        persist_state="session",
    )


def show_input(mode: Mode, input_tab: str) -> UserInput | None:
    """Show a way in, and return what came in by it."""
    return _SHOW[input_tab](mode)


def prompt_for(mode: Mode, input_tab: str) -> tuple[str, str]:
    """What there is to do, in words."""
    return _ASKED[mode, input_tab]


def recognizers_for(mode: Mode, models: Sequence[str]) -> list[AnyRecognizer]:
    """Who reads in a mode; a notice on the page for each that cannot be used."""
    if mode is Mode.DIGIT:
        return [*chosen_recognizers(models)]
    recognizer = number_recognizer_or_notice()
    return [recognizer] if recognizer else []


def offer_number(predictions: Sequence[AnyPrediction]) -> None:
    """Where several digits were seen instead of one, offer to read the same drawing or picture as a number."""
    if any(prediction.reason is Kind.SEVERAL_DIGITS for prediction in predictions):
        st.button("Read it as a number", key="as-number", icon=":material/123:", on_click=_read_as_number)


def _read_as_number() -> None:
    _turn_to(Mode.NUMBER)
    # The choice of the mode stands outside of the fragment that this button is in.
    st.rerun()


def open_pending_drawing() -> None:
    """Put the strokes of a saved prediction on the canvas, if the user asked to draw one again."""
    saved, session().pending_drawing = session().pending_drawing, None
    if saved:
        canvas.put(saved.strokes, saved.mode, saved.input_method)
        _turn_to(saved.mode)
        st.session_state[_WAY] = DRAW


def _turn_to(mode: Mode) -> None:
    st.session_state[_MODE] = mode
