"""The section with the least confident predictions."""

from dataclasses import replace

import streamlit as st

from digitrec.prediction import Mode
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.prediction.gallery import show_gallery

LEAST_CONFIDENT = 9


def show_least_confident(history: History, filter: Filter, mode: Mode) -> None:
    """Show the user's least confident predictions of a mode, each with a button that opens it.

    Raises:
        StorageError: The history can't be read.
    """
    if predictions := least_confident(history, filter, mode):
        st.header(f"Least confident {mode}s")
        show_gallery(history, predictions)


def least_confident(history: History, filter: Filter, mode: Mode) -> list[SavedPrediction]:
    """Return the user's least confident predictions of a mode, the least confident first.

    Raises:
        StorageError: The history can't be read.
    """
    return history.page(replace(filter, modes=(mode,)), Order.LEAST_CONFIDENT, LEAST_CONFIDENT)
