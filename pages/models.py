"""What is to be known about each model before it is trusted."""

import streamlit as st

from digitrec.errors import ModelError
from digitrec.recognition.models import read_card
from digitrec.settings import BASELINE, settings
from digitrec.ui.model_card import show_facts, show_robustness, show_source, show_sources, show_training, show_tuning
from digitrec.ui.recognizers import offered_models

names = offered_models()
name = st.segmented_control(
    "Model", names, default=names[0], required=True, label_visibility="collapsed", key="model", persist_state="session"
)
try:
    card = read_card(name, settings().models)
    others = [BASELINE] if name != BASELINE and BASELINE in names else []
    cards = [card, *(read_card(other, settings().models) for other in others)]
except ModelError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

show_facts(card)
show_tuning(card)
show_sources(cards)
if card.evaluations:
    source = st.selectbox("A closer look at", list(card.evaluations), key="source", persist_state="session")
    show_source(cards, source)
show_robustness(cards)
show_training(card)
