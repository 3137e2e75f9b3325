"""All digit models in one table: accuracy, size and speed."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitrec.config import settings
from digitrec.errors import ModelError
from digitrec.recognition.models.cards import DigitCard, read_card
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
    sources = dict.fromkeys(source for card in cards for source in card.evaluations)
    if len(cards) < 2 or not sources:
        return
    # Means over different test sets can't be compared.
    shared = [source for source in sources if all(source in card.evaluations for card in cards if card.evaluations)]
    cards.sort(key=lambda card: _mean(card, shared) or 0, reverse=True)
    rows = [
        {
            "Model": f"{card.name} (default)" if card.name == names[0] else card.name,
            "Mean": _mean(card, shared),
            **{source: _accuracy(card, source) for source in sources},
            "Size": card.size_bytes / 1024,
            "Time": _milliseconds(card.name),
        }
        for card in cards
    ]
    st.header("Leaderboard")
    mean_help = f"Mean accuracy on the test sets that all models have in common: {', '.join(shared) or 'none'}."
    show_table(
        rows,
        "Accuracy of every model on each test set, with its size and speed",
        Mean=st.column_config.NumberColumn(format="percent", help=mean_help),
        Size=st.column_config.NumberColumn(format="%d KB"),
        Time=st.column_config.NumberColumn(format="%.2f ms", help="Time per digit on one core of this server."),
    )
    st.caption(
        "Click a column to sort by it. To measure the accuracy of a model again, or on more test sets, run "
        "`python -m digitrec evaluate --model NAME --data DIR`."
    )


def _mean(card: DigitCard, sources: Sequence[str]) -> float | None:
    return (
        float(np.mean([card.evaluations[source].accuracy for source in sources]))
        if sources and card.evaluations
        else None
    )


def _accuracy(card: DigitCard, source: str) -> float | None:
    evaluation = card.evaluations.get(source)
    return evaluation.accuracy if evaluation else None


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
