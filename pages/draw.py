"""Draw, upload or photograph a digit and see it read."""

import streamlit as st

from digitrec.ui import canvas
from digitrec.ui.announcement import announce
from digitrec.ui.correction import show_truth
from digitrec.ui.explanation import show_explanation
from digitrec.ui.history import show_last
from digitrec.ui.keyboard import show_keyboard
from digitrec.ui.notices import show_notices
from digitrec.ui.people import say_guest
from digitrec.ui.reading import read_by
from digitrec.ui.recognizers import chosen_recognizers, offered_models, show_model_choice
from digitrec.ui.result import announcement, show_message, show_results
from digitrec.ui.steps import show_numbers, show_picture, show_steps
from digitrec.ui.store import remember, warn_of_lost_history
from digitrec.ui.uploads import show_camera, show_upload

WAYS_IN = {
    "Draw": ("Draw a digit", "With the mouse, a pen or a finger. The answer appears as you draw."),
    "Upload": ("Upload a picture", "Of one digit: a photo, a scan or a drawing, dark on light or light on dark."),
    "Camera": ("Take a photo", "Of one digit on plain paper, large and in good light."),
}


@st.fragment
def draw_and_read(models: list[str]) -> None:
    recognizers = chosen_recognizers(models)
    if not recognizers:
        show_model_choice(models)
        return
    way = st.segmented_control(
        "Way in",
        list(WAYS_IN),
        default="Draw",
        required=True,
        label_visibility="collapsed",
        key="way",
        persist_state="session",
    )
    left, right = st.columns([1, 2], gap="medium")
    with left:
        entry = {"Draw": canvas.show_canvas, "Upload": show_upload, "Camera": show_camera}[way]()
    with right:
        recognitions, said = read_by(recognizers, entry) if entry else ([], WAYS_IN[way])
        if recognitions:
            show_results(recognitions)
        else:
            show_message(*said)
        truth = st.container()
        record = remember(entry, recognitions[0] if recognitions else None)
        with truth:
            show_truth(record, "truth")
        # Last in its column: a notice above the canvas would push it, and the browser would mount it anew.
        warn_of_lost_history()
    with left:
        if way == "Draw":
            canvas.show_corrections()
        elif way == "Upload" and recognitions:
            show_picture(recognitions[0].steps[0])
    if way == "Draw":
        left, right = st.columns([1, 2], gap="medium")
        with left:
            canvas.show_brush()
        with right:
            canvas.show_samples()
    show_model_choice(models)
    with st.container(horizontal=True, vertical_alignment="center"):
        shows_steps = st.toggle("Show every step of preprocessing", key="debug", persist_state="session")
        explains = st.toggle("Why this answer?", key="why", persist_state="session")
    if (shows_steps or explains) and not recognitions:
        st.caption("This appears once there is something to read.")
    elif shows_steps:
        show_steps(recognitions[0].steps)
        show_numbers(recognitions[0].steps)
    if explains:
        for recognizer, recognition in zip(recognizers, recognitions, strict=False):
            show_explanation(recognizer, recognition)
    show_last(record)
    say_guest()
    show_notices()
    announce(announcement(recognitions) if recognitions else ". ".join(said))


draw_and_read(offered_models())
show_keyboard()
