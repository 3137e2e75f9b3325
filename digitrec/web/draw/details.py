"""The tabs below the drawing: recent predictions, and details of the current one."""

from collections.abc import Sequence

import streamlit as st

from digitrec.prediction import AnyPrediction, InputMethod, Mode, Prediction
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.draw.recognize import admitted_run
from digitrec.web.draw.saving import show_recent
from digitrec.web.prediction.saliency import show_feature_maps, show_saliency
from digitrec.web.prediction.steps import show_all_steps
from digitrec.web.shared.session import session

DETAILS_KEY = "details"
RECENT, STEPS, SALIENCY, FEATURE_MAPS = "Recent", "Steps", "Saliency maps", "Feature maps"
# Only the classifier of single digits has saliency and feature maps.
_TABS = {Mode.DIGIT: (RECENT, STEPS, SALIENCY, FEATURE_MAPS), Mode.NUMBER: (RECENT, STEPS)}


def are_details_of_drawing() -> bool:
    """Return whether the open tab shows details of the drawing, which change with every stroke."""
    return session().details != RECENT


def show_details(
    mode: Mode, input_method: InputMethod, predictions: Sequence[AnyPrediction], saved: SavedPrediction | None
) -> None:
    """Show the tabs, with content only in the open one: showing all of them would take longer than recognition."""
    names = _TABS[mode]
    if st.session_state.get(DETAILS_KEY) not in names:
        # Streamlit forgets the open tab when the user visits another page.
        st.session_state[DETAILS_KEY] = session().details if session().details in names else RECENT
    tabs = st.tabs(names, key=DETAILS_KEY, on_change="rerun")
    opened = session().details = st.session_state[DETAILS_KEY]
    with tabs[names.index(opened)]:
        if opened == RECENT:
            show_recent(saved)
            return
        if not predictions:
            st.caption("No prediction yet.")
            return
        with admitted_run(input_method) as is_admitted:
            if not is_admitted:
                st.caption("The server is busy. Open this tab again in a moment.")
            elif opened == STEPS:
                show_all_steps(predictions[0])
            else:
                show = show_saliency if opened == SALIENCY else show_feature_maps
                for prediction in predictions:
                    if isinstance(prediction, Prediction):
                        show(prediction)
