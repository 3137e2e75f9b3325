"""Draw, upload or photograph a digit or a number and see it read."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec.recognition.number_recognizer import AnyRecognizer
from digitrec.recognition.recognition import Mode
from digitrec.ui import canvas
from digitrec.ui.announcement import announce
from digitrec.ui.answer import Inside, announcement, choose_inside, show_answer, show_inside, show_message
from digitrec.ui.correction import show_truth
from digitrec.ui.entering import DRAW, UPLOAD, asked, offer_number, recognizers_for, show_entry, show_mode, show_way
from digitrec.ui.history import show_last
from digitrec.ui.keyboard import show_keyboard
from digitrec.ui.notices import show_notices
from digitrec.ui.people import say_guest
from digitrec.ui.reading import read_by
from digitrec.ui.recognizers import offered_models, show_model_choice
from digitrec.ui.steps import show_picture
from digitrec.ui.store import remember, warn_of_lost_history
from digitrec.ui.turns import RUNS

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
