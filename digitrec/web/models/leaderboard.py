"""All digit models in one table: accuracy, size and speed."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
import streamlit as st

from digitrec.config import settings
from digitrec.errors import ModelError
from digitrec.recognition.models.cards import read_card
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.recognition.timing import time_calls
from digitrec.services import services
from digitrec.web.models.elements import show_table

_CALLS = 10


def show_leaderboard(names: Sequence[str]) -> None:
    """Show the accuracy of all models on all test sets, their size and their speed; the first name is the default."""
    cards = []
    for name in names:
        try:
            cards.append(read_card(name, settings().models))
        except ModelError:
            continue
    evaluated = [card for card in cards if card.evaluations]
    if len(cards) < 2 or not evaluated:
        return
    sources = dict.fromkeys(source for card in evaluated for source in card.evaluations)
    # Means over different test sets can't be compared.
    shared = [source for source in sources if all(source in card.evaluations for card in evaluated)]
    means = {card.name: fmean(card.evaluations[source].accuracy for source in shared) for card in evaluated if shared}
    cards.sort(key=lambda card: means.get(card.name, 0), reverse=True)
    rows = [
        {
            "Model": f"{card.name} (default)" if card.name == names[0] else card.name,
            "Mean": means.get(card.name),
            "Size": round(card.size_bytes / 1024),  # Streamlit rounds %d down.
            "Time": _milliseconds(card.name),
            **dict.fromkeys(sources),
            **{source: evaluation.accuracy for source, evaluation in card.evaluations.items()},
        }
        for card in cards
    ]
    st.header("Leaderboard")
    show_table(
        rows,
        "Accuracy of every model on each test set, with its size and speed",
        Model=st.column_config.TextColumn(pinned=True),
        Size=st.column_config.NumberColumn(format="%d KB"),
        Time=st.column_config.NumberColumn(format="%.2f ms", help="Time per digit on one core of this server."),
    )
    mean = f"The mean covers the test sets that all models have in common: {', '.join(shared)}. " if shared else ""
    st.caption(
        f"{mean}Click a column to sort by it. To measure the accuracy of a model again, or on more test sets, run "
        "`python -m digitrec evaluate --model NAME --data DIR`."
    )


def _milliseconds(name: str) -> float | None:
    try:
        model = services().digit_recognizer(name).model
    except ModelError:
        return None
    return _measure(model, model.version)


# The version is part of the key in place of the model, which can't be hashed.
@st.cache_resource(show_spinner=False)
def _measure(_model: DigitModel, version: str) -> float:
    images = list(np.random.default_rng(0).random((_CALLS, 1, 28, 28), np.float32))
    return float(np.median(time_calls(_model.classifier.classify, images, _CALLS)))
