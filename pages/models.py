"""The model cards: how accurate, robust and fast each model is, and how it is built."""

import streamlit as st

from digitrec.config import BASELINE, LINE, settings
from digitrec.errors import ModelError
from digitrec.recognition.models.cards import read_card, read_line_card
from digitrec.recognition.models.weaknesses import weaknesses
from digitrec.services import services
from digitrec.web.models.architecture import show_architecture, show_training
from digitrec.web.models.confusion import show_errors
from digitrec.web.models.digit_card import (
    show_accuracy,
    show_fine_tuning,
    show_robustness,
    show_weaknesses,
)
from digitrec.web.models.line_card import show_line_card
from digitrec.web.models.overview import show_overview
from digitrec.web.models.speed import show_speed
from digitrec.web.shared.router import require_router

require_router(__file__)

names = services().model_names()
name = st.segmented_control(
    "Model",
    [*names, LINE],
    default=names[0],
    format_func=lambda name: f"{name} (numbers)" if name == LINE else name,
    required=True,
    label_visibility="collapsed",
    key="model-card",
    persist_state="session",
)
try:
    if name == LINE:
        show_line_card(read_line_card(settings().models))
        show_speed(name)
        st.stop()
    card = read_card(name, settings().models)
    others = [BASELINE] if name != BASELINE and BASELINE in names else []
    cards = [card, *(read_card(other, settings().models) for other in others)]
except ModelError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

show_overview(
    card,
    "Digit threshold",
    card.digit_threshold,
    "A drawing that is less likely than this to be a digit is rejected. At 0%, nothing is rejected.",
)
show_fine_tuning(card)
show_accuracy(cards)
show_weaknesses(weaknesses(card))
show_errors(cards)
show_robustness(cards)
show_architecture(card)
show_training(card)
show_speed(name)
