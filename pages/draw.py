"""Draw, upload or photograph a digit or a number and see it read."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec.prediction import Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.services import services
from digitrec.web.draw import canvas
from digitrec.web.draw.inputs import (
    DRAW,
    UPLOAD,
    offer_number,
    open_pending_drawing,
    prompt_for,
    recognizers_for,
    show_input,
    show_input_method,
    show_mode,
)
from digitrec.web.draw.keyboard import show_keyboard
from digitrec.web.draw.recent import show_recent
from digitrec.web.draw.recognize import recognize_all
from digitrec.web.draw.saving import save_prediction
from digitrec.web.prediction.labeling import show_labeling
from digitrec.web.prediction.result import Inside, announcement, choose_inside, show_answer, show_inside, show_message
from digitrec.web.prediction.steps import show_picture
from digitrec.web.shared.history import show_lost_history_warning
from digitrec.web.shared.models import show_model_choice
from digitrec.web.shared.notices import show_notices
from digitrec.web.shared.router import require_router
from digitrec.web.shared.screen_reader import announce
from digitrec.web.shared.sign_in import show_guest_notice

require_router(__file__)

COLUMNS = {Mode.DIGIT: [1, 2], Mode.NUMBER: [3, 2]}


def show_choices(mode: Mode, input_tab: str, models: Sequence[str]) -> None:
    if input_tab == DRAW:
        left, right = st.columns(COLUMNS[mode], gap="medium")
        with left:
            canvas.show_brush(mode)
        with right:
            canvas.show_samples(mode)
    if mode is Mode.DIGIT:
        show_model_choice(models)


# A fragment of only what changes with a stroke: sending the rest of the page again would take as long.
@st.fragment
def draw_and_recognize(*arguments) -> None:
    with services().admission.page_run() as is_admitted:
        recognize_and_show(is_admitted, *arguments)


def recognize_and_show(
    is_admitted: bool,
    mode: Mode,
    input_tab: str,
    recognizers: Sequence[AnyRecognizer],
    inside: Inside,
    left: DeltaGenerator,
    right: DeltaGenerator,
) -> None:
    with left:
        user_input = show_input(mode, input_tab)
    with right:
        predictions, said = [], prompt_for(mode, input_tab)
        if user_input:
            predictions, said = recognize_all(recognizers, user_input, is_admitted)
        if predictions:
            show_answer(predictions)
        else:
            show_message(mode, *said)
        saved = save_prediction(user_input, predictions[0] if predictions else None)
        show_labeling(saved, mode, "truth")
        # Last in its column: a notice above the canvas would push it, and the browser would mount it anew.
        show_lost_history_warning()
    with left:
        if input_tab == DRAW:
            canvas.show_corrections()
        elif input_tab == UPLOAD and predictions:
            show_picture(predictions[0].steps[0])
        offer_number(predictions)
    show_inside(inside, recognizers, predictions)
    show_recent(saved)
    show_notices()
    announce(announcement(predictions) if predictions else ". ".join(said))


open_pending_drawing()
models = services().model_names()
with st.container(horizontal=True):
    mode, input_tab = show_mode(), show_input_method()
if recognizers := recognizers_for(mode, models):
    left, right = st.columns(COLUMNS[mode], gap="medium")
    if input_tab == DRAW:
        with left:
            canvas.show_prompt(mode)
    show_choices(mode, input_tab, models)
    draw_and_recognize(mode, input_tab, recognizers, choose_inside(mode), left, right)
    show_guest_notice()
elif mode is Mode.DIGIT:
    show_model_choice(models)
show_keyboard()
