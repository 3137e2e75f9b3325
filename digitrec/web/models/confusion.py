"""The errors of a model on one test set: the confusion matrix, calibration, and the misclassified digits."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image

from digitrec.analytics.charts import models as charts
from digitrec.config import settings
from digitrec.datasets.mistakes import Mistakes, find_mistakes
from digitrec.datasets.sources import SOURCES, load_source, source_file
from digitrec.prediction import percent
from digitrec.recognition.models.cards import DigitCard, Evaluation
from digitrec.recognition.models.digit_model import DigitModel
from digitrec.services import services
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.figures import figure, show_figures
from digitrec.web.shared.notices import show_errors

_MAX_SHOWN = 48
Cell = tuple[int, int]  # The true digit and the predicted digit.


def show_mistakes(cards: Sequence[DigitCard]) -> None:
    """Show the errors of the first model on the selected test set, and the error rates of all of them."""
    if not cards[0].evaluations:
        return
    st.header("Confusion matrix and calibration")
    st.markdown("Which digits does the model mix up, and does its confidence match its accuracy?")
    source = st.selectbox("Test set", list(cards[0].evaluations), key="test-set", persist_state="session")
    evaluations = {card.name: card.evaluations[source] for card in cards if source in card.evaluations}
    errors = [
        {"model": name, "digit": digit, "wrong": 1 - recall}
        for name, evaluation in evaluations.items()
        for digit, recall in enumerate(evaluation.per_digit)
        if recall is not None
    ]
    bins = [{"model": name, **bin_.model_dump()} for name, values in evaluations.items() for bin_ in values.reliability]
    with st.grid(2, min_column_width=320):
        _show_confusion(cards[0].name, source, evaluations[cards[0].name])
        with st.container():
            st.vega_lite_chart(pd.DataFrame(errors), charts.wrong_by_digit(), alt="Error rate of each digit")
            st.vega_lite_chart(pd.DataFrame(bins), charts.reliability(), alt="Accuracy by confidence")


@st.fragment
@admitted
def _show_confusion(name: str, source: str, evaluation: Evaluation) -> None:
    counts = {(digit, read): count for digit, row in enumerate(evaluation.confusion) for read, count in enumerate(row)}
    rows = [
        {"digit": digit, "read": read, "digits": count, "share": count / max(sum(evaluation.confusion[digit]), 1)}
        for (digit, read), count in counts.items()
    ]
    errors = [cell for cell in sorted(counts, key=lambda cell: -counts[cell]) if cell[0] != cell[1] and counts[cell]]
    chart_key, cell_key = f"confusion-{name}-{source}", f"cell-{name}-{source}"

    def select_clicked_cell() -> None:
        cell = _clicked_cell(st.session_state[chart_key])
        st.session_state[cell_key] = cell if cell in errors else None

    with st.container():
        table, alt = pd.DataFrame(rows), f"Confusion matrix of {name}"
        chart = st.vega_lite_chart(table, charts.confusion(), key=chart_key, on_select=select_clicked_cell, alt=alt)
        selected = None
        if missing := _why_images_are_missing(name, source):
            st.caption(missing)
        else:
            selected = st.selectbox(
                "Misclassified digits",
                errors,
                index=None,
                format_func=lambda cell: f"{cell[0]} predicted as {cell[1]} ({counts[cell]})",
                placeholder="Select an error, or click a cell",
                key=cell_key,
            )
        if selected:
            _show_pictures(name, source, selected)
        elif (clicked := _clicked_cell(chart)) and clicked not in errors:
            digit, read = clicked
            correct = "These are the correct predictions."
            st.caption(correct if digit == read else f"No {digit} was predicted as {read}.")


def _clicked_cell(chart: Any) -> Cell | None:
    cells = chart.selection[charts.CELL]
    return (cells[0]["digit"], cells[0]["read"]) if cells else None


def _why_images_are_missing(name: str, source: str) -> str | None:
    if source not in SOURCES:
        return "The images of this test set are not available, so the misclassified digits can't be shown."
    folder = settings().datasets
    if folder and source_file(source, folder).is_file():
        return None
    return (
        "This server doesn't have the images of this test set, so the misclassified digits can't be shown. Set "
        "`DIGITREC_DATASETS` to the folder with the data and restart the app, or save them to a folder: "
        f"`python -m digitrec evaluate --model {name} --data DIR --mistakes FOLDER`"
    )


def _show_pictures(name: str, source: str, cell: Cell) -> None:
    folder = settings().datasets
    assert folder is not None
    with show_errors():
        model = services().digit_recognizer(name).model
        mistakes = _find_mistakes(model, model.version, source, folder).in_cell(*cell)
        shown = min(len(mistakes), _MAX_SHOWN)
        show_figures(_figure(mistakes, index) for index in range(shown))
        caption = f"{shown} of {len(mistakes)}, highest confidence first. Below each image is the confidence."
        st.caption(caption if mistakes else "No digits found.")


def _figure(mistakes: Mistakes, index: int) -> str:
    name = f"{mistakes.digits.labels[index]} predicted as {mistakes.predicted[index]}"
    confidence = html.escape(percent(float(mistakes.confidence[index])))
    return figure(Image.fromarray(mistakes.digits.images[index]), name, confidence, 84)


# The version is part of the key in place of the model, which can't be hashed.
@st.cache_resource(show_spinner="Classifying all digits of this test set", show_time=True)
def _find_mistakes(_model: DigitModel, version: str, source: str, folder: Path) -> Mistakes:
    return find_mistakes(_model, load_source(source, folder))
