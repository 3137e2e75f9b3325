"""Draw, upload or photograph a digit or a number and see it read."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec.prediction import Mode
from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.web.draw import canvas
from digitrec.web.draw.inputs import DRAW, UPLOAD, asked, offer_number, recognizers_for, show_entry, show_mode, show_way
from digitrec.web.draw.keyboard import show_keyboard
from digitrec.web.draw.recent import show_last
from digitrec.web.draw.recognize import read_by
from digitrec.web.draw.turns import RUNS
from digitrec.web.prediction.labeling import show_truth
from digitrec.web.prediction.result import Inside, announcement, choose_inside, show_answer, show_inside, show_message
from digitrec.web.prediction.steps import show_picture
from digitrec.web.shared.history import warn_of_lost_history
from digitrec.web.shared.models import offered_models, show_model_choice
from digitrec.web.shared.notices import show_notices
from digitrec.web.shared.saving import remember
from digitrec.web.shared.screen_reader import announce
from digitrec.web.shared.sign_in import say_guest

COLUMNS = {Mode.DIGIT: [1, 2], Mode.NUMBER: [3, 2]}


def show_choices(mode: Mode, way: str, models: Sequence[str]) -> None:
    if way == DRAW:
        left, right = st.columns(COLUMNS[mode], gap="medium")
        with left:
            canvas.show_brush(mode)
        with right:
            canvas.show_samples(mode)
    if mode is Mode.DIGIT:
        show_model_choice(models)


# Only what changes with a stroke: what else is on the page would take as long again to be sent anew.
@st.fragment
@RUNS.turn()
def draw_and_read(
    mode: Mode,
    way: str,
    recognizers: Sequence[AnyRecognizer],
    inside: Inside,
    left: DeltaGenerator,
    right: DeltaGenerator,
) -> None:
    with left:
        entry = show_entry(mode, way)
    with right:
        recognitions, said = read_by(recognizers, entry) if entry else ([], asked(mode, way))
        if recognitions:
            show_answer(recognitions)
        else:
            show_message(mode, *said)
        record = remember(entry, recognitions[0] if recognitions else None)
        show_truth(record, mode, "truth")
        # Last in its column: a notice above the canvas would push it, and the browser would mount it anew.
        warn_of_lost_history()
    with left:
        if way == DRAW:
            canvas.show_corrections()
        elif way == UPLOAD and recognitions:
            show_picture(recognitions[0].steps[0])
        offer_number(recognitions)
    show_inside(inside, recognizers, recognitions)
    show_last(record)
    show_notices()
    announce(announcement(recognitions) if recognitions else ". ".join(said))


models = offered_models()
with st.container(horizontal=True):
    mode, way = show_mode(), show_way()
if recognizers := recognizers_for(mode, models):
    left, right = st.columns(COLUMNS[mode], gap="medium")
    if way == DRAW:
        with left:
            canvas.show_asked(mode)
    show_choices(mode, way, models)
    draw_and_read(mode, way, recognizers, choose_inside(mode), left, right)
    say_guest()
elif mode is Mode.DIGIT:
    show_model_choice(models)
show_keyboard()
