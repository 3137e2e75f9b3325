"""Draw, upload or photograph a digit or a number and see what the models predict."""

from collections.abc import Callable, Sequence

import streamlit as st

from digitrec.prediction import AnyPrediction, InputMethod, Mode
from digitrec.services import services
from digitrec.storage.filters import NO_FILTER, Order
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.draw.canvas import show_brush, show_canvas, show_clear_and_undo, show_samples, watch_drawing
from digitrec.web.draw.details import are_details_of_drawing, show_details
from digitrec.web.draw.inputs import (
    PROMPTS,
    keep_upload,
    offer_other_mode,
    open_pending_drawing,
    show_image_input,
    show_input_method,
    show_mode,
)
from digitrec.web.draw.keyboard import LABEL_KEY, show_keyboard
from digitrec.web.draw.layout import lay_out
from digitrec.web.draw.live_result import show_live_result
from digitrec.web.draw.picture import live_result_html, show_picture_choice
from digitrec.web.draw.preview import canvas_source
from digitrec.web.draw.recognize import admitted_run, has_given_up, recognize_all
from digitrec.web.draw.saving import save_prediction
from digitrec.web.prediction.dialog import show_opened_prediction
from digitrec.web.prediction.labeling import show_labeling
from digitrec.web.prediction.result import announcement
from digitrec.web.prediction.steps import show_wide_image
from digitrec.web.shared.history import current_history, show_lost_history_warning
from digitrec.web.shared.models import recognizers_for, show_model_choice
from digitrec.web.shared.notices import show_notices
from digitrec.web.shared.router import require_router
from digitrec.web.shared.session import UserInput
from digitrec.web.shared.sign_in import show_guest_notice

require_router(__file__)

open_pending_drawing()
models = services().model_names()
with st.container(horizontal=True, gap="small", key="choices"):
    input_method = show_input_method()
    mode = show_mode(input_method)
recognizers = recognizers_for(mode, models)
layout = lay_out(mode)
if recognizers and input_method is InputMethod.CANVAS:
    with layout.tools:
        show_brush(mode)
        show_samples(mode)
with layout.options:
    if mode is not Mode.NUMBER:
        show_model_choice(models)
    picture = show_picture_choice(recognizers)
    show_keyboard()


@st.fragment(key="input-and-details")
def show_input_and_details() -> None:
    with layout.input:
        # An image changes more than the result.
        read_image = None if input_method is InputMethod.CANVAS else show_image_input(mode, input_method)
    predictions, saved = show_input_and_result(read_image)
    if input_method is InputMethod.CANVAS:
        with layout.tools:
            show_clear_and_undo()
    with layout.input:
        if input_method is InputMethod.UPLOAD and predictions:
            show_wide_image(predictions[0].steps[0])
        else:
            st.empty()
    show_details(mode_of(predictions), input_method, predictions, saved)
    if input_method is not InputMethod.UPLOAD:
        keep_upload(mode)


# A stroke reruns only this fragment: sending the rest of the page as well would double the time.
@st.fragment
def show_input_and_result(
    read_image: Callable[[], UserInput | None] | None,
) -> tuple[Sequence[AnyPrediction], SavedPrediction | None]:
    with layout.input:
        read_input = read_image or show_canvas(mode or Mode.DIGIT, rerun_details)
    predictions, message = [], PROMPTS[mode, input_method]
    with layout.result:
        with admitted_run(input_method) as is_admitted:
            if user_input := read_input():
                predictions, message = recognize_all(recognizers, user_input, is_admitted)
            shown_mode = mode_of(predictions)
            show_live_result(
                live_result_html(shown_mode, predictions, message, picture),
                announcement(predictions) if predictions else ". ".join(message),
                canvas_source(mode, input_method, recognizers, picture),
            )
            saved = save_prediction(user_input, predictions[0] if predictions else None)
            if user_input and not is_admitted and has_given_up():
                st.button("Retry", key="retry", icon=":material/refresh:", on_click=rerun_details)
        # While the server is slow, the browser already shows the preview of a newer drawing.
        show_labeling(saved, shown_mode, LABEL_KEY, is_outdated=watch_drawing(shown_mode))
        # Last in its column: a warning above the canvas would move it, and the browser would recreate it.
        show_lost_history_warning()
    with layout.options:
        offer_other_mode(mode, input_method, predictions)
    show_notices()
    return predictions, saved


def rerun_details(is_new_drawing: bool = False) -> None:
    if input_method is not InputMethod.CANVAS or is_new_drawing or are_details_of_drawing():
        st.rerun("input-and-details")


def mode_of(predictions: Sequence[AnyPrediction]) -> Mode:
    return predictions[0].mode if predictions else mode or Mode.DIGIT


if recognizers:
    show_input_and_details()
    show_guest_notice()
    show_opened_prediction(current_history(), NO_FILTER, Order.NEWEST)
