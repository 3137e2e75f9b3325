"""What a model gets wrong on one source: which digits, how sure it was, and the digits themselves."""

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
from digitrec.errors import MissingDataError, ModelError
from digitrec.prediction import percent
from digitrec.recognition.models.cards import DigitCard, Evaluation
from digitrec.web.shared.models import load_digit_recognizer
from digitrec.web.shared.thumbnails import data_url

_SIDE = 84
_MOST = 48
Cell = tuple[int, int]
"""What a digit is, and what was read."""


def show_mistakes(cards: Sequence[DigitCard]) -> None:
    """Show the mistakes of the first of the models on a source of choice, beside those of the others."""
    if not cards[0].evaluations:
        return
    st.header("What does it take for what?")
    source = st.selectbox("Source", list(cards[0].evaluations), key="source", persist_state="session")
    found = {card.name: card.evaluations[source] for card in cards if source in card.evaluations}
    wrong = [
        {"model": name, "digit": digit, "wrong": 1 - recall}
        for name, evaluation in found.items()
        for digit, recall in enumerate(evaluation.per_digit)
        if recall is not None
    ]
    bins = [
        {"model": name, **bin_.model_dump()} for name, evaluation in found.items() for bin_ in evaluation.reliability
    ]
    with st.grid(2, min_column_width=320):
        _show_confusion(cards[0].name, source, found[cards[0].name])
        with st.container():
            st.vega_lite_chart(pd.DataFrame(wrong), charts.wrong_by_digit(), alt="Share of each digit read wrong")
            st.vega_lite_chart(pd.DataFrame(bins), charts.reliability(), alt="Accuracy by confidence")


@st.fragment
def _show_confusion(name: str, source: str, evaluation: Evaluation) -> None:
    counts = {(digit, read): count for digit, row in enumerate(evaluation.confusion) for read, count in enumerate(row)}
    cells = [
        {"digit": digit, "read": read, "digits": count, "share": count / max(sum(evaluation.confusion[digit]), 1)}
        for (digit, read), count in counts.items()
    ]
    confused = [cell for cell in sorted(counts, key=lambda cell: -counts[cell]) if cell[0] != cell[1] and counts[cell]]
    clicked, chosen = f"confusion-{name}-{source}", f"cell-{name}-{source}"

    def choose() -> None:
        cell = _cell(st.session_state[clicked])
        st.session_state[chosen] = cell if cell in confused else None

    with st.container():
        chart = st.vega_lite_chart(
            pd.DataFrame(cells), charts.confusion(), key=clicked, on_select=choose, alt=f"Confusion matrix of {name}"
        )
        cell = st.selectbox(
            "The digits themselves",
            confused,
            index=None,
            format_func=lambda cell: f"{cell[0]} read as {cell[1]}, {counts[cell]} of them",
            placeholder="Choose a mistake, or click on a cell",
            key=chosen,
        )
        if cell:
            _show_pictures(name, source, evaluation.digits, cell)
        elif (empty := _cell(chart)) and empty not in confused:
            digit, read = empty
            st.caption("Those were read right." if digit == read else f"No {digit} was read as {read}.")


def _cell(chart: Any) -> Cell | None:
    """The cell of a confusion matrix that is clicked on, or None."""
    cells = chart.selection[charts.CELL]
    return (cells[0]["digit"], cells[0]["read"]) if cells else None


def _show_pictures(name: str, source: str, digits: int, cell: Cell) -> None:
    folder = settings().datasets
    if source not in SOURCES:
        st.caption("The pictures of this source are not kept.")
        return
    if not folder or not source_file(source, folder).is_file():
        st.markdown(
            "The digits are not on this server. This writes pictures of them, with their files in `DIR`; to see them "
            "here, start the app with `DIGITREC_DATASETS` set to `DIR`."
        )
        st.code(
            f"python -m digitrec evaluate --model {name} --data DIR --mistakes FOLDER", language="bash", wrap_lines=True
        )
        return
    try:
        found = _mistakes(name, source, folder, digits).in_cell(*cell)
    except (MissingDataError, ModelError) as error:
        st.error(str(error), icon=":material/error:")
        return
    shown = min(len(found), _MOST)
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:.5rem">'
        + "".join(_figure(found, place) for place in range(shown))
        + "</div>"
    )
    st.caption(
        f"{shown} of {len(found)}, the surest first; below each, how sure it was." if found else "There are none."
    )


def _figure(found: Mistakes, place: int) -> str:
    digit, read, confidence = (
        found.digits.labels[place],
        found.predicted[place],
        percent(float(found.confidence[place])),
    )
    source = data_url(Image.fromarray(found.digits.images[place]), 28)
    return (
        f'<figure style="margin:0;text-align:center"><img src="{source}" width="{_SIDE}" height="{_SIDE}" '
        f'alt="A {digit}, read as {read}" style="image-rendering:pixelated;border-radius:.3rem">'
        f'<figcaption style="font-size:.8rem">{html.escape(confidence)}</figcaption></figure>'
    )


def _mistakes(name: str, source: str, folder: Path, digits: int) -> Mistakes:
    """The mistakes of a model on a source of so many digits; a progress bar while they are looked for the first time.

    Raises:
        DataMissing: the source cannot be read.
        ModelError: the model cannot be used.
    """
    model = load_digit_recognizer(name).model
    known, key = _known(), (model.version, source)
    if key not in known:
        text = f"Reading {digits:,} digits of {source}"
        bar = st.progress(0.0, text)

        def show(done: int) -> None:
            if done % (digits // 100 + 1) == 0:
                bar.progress(min(done / digits, 1.0), text)

        known[key] = find_mistakes(model, load_source(source, folder, show))
        bar.empty()
    return known[key]


@st.cache_resource(show_spinner=False)
def _known() -> dict[tuple[str, str], Mistakes]:
    """The mistakes that were looked for, by the version of the model and the source."""
    # Not a cached function, which could not show its progress.
    return {}
