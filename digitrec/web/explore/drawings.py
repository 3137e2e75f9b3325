"""The choice of a drawing: a sample or one of the user's own, by name or by image."""

import html
import re
from contextlib import suppress
from functools import cache

import streamlit as st
from PIL import Image

from digitrec.errors import StorageError
from digitrec.imaging.strokes import render
from digitrec.prediction import Mode, Verdict
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.storage.filters import Filter, Order
from digitrec.storage.history import History
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.shared.figures import data_url, thumbnail_html
from digitrec.web.shared.names import PREDICTION, drawing_name

SAMPLE = "Sample"
_RECENT = 24
_SIDE = 88


def choose_drawing(history: History, label: str, key: str, first: int = 7) -> str:
    """Let the user choose a sample or one of the newest digit predictions, and return its name.

    The sample of the digit ``first`` is selected initially.
    """
    recent: list[SavedPrediction] = []
    with suppress(StorageError):
        recent = history.page(Filter(modes=(Mode.DIGIT,)), Order.NEWEST, _RECENT)
        linked = _linked(history, key)
        if linked and linked.prediction_id not in [saved.prediction_id for saved in recent]:
            recent = [linked, *recent]
    predictions = {drawing_name(saved): saved for saved in recent if saved.verdict is not Verdict.BLANK}
    names = [*(f"{SAMPLE} {digit}" for digit in samples()), *predictions]
    name = st.selectbox(label, names, index=first, key=key, bind="query-params", width=260)
    opened = f"{key}-pictures"
    with st.popover("Choose by image", icon=":material/grid_view:", key=opened, on_change="rerun") as popover:
        if popover.open:
            with st.grid("auto", min_column_width=_SIDE):
                for digit in samples():
                    _show_option(_sample_html(digit), f"{SAMPLE} {digit}", key)
                for each, saved in predictions.items():
                    _show_option(thumbnail_html(history, saved, 2 * _SIDE, "100%"), each, key)
    return name


def _show_option(picture: str, name: str, key: str) -> None:
    with st.container(gap="xsmall"):
        st.html(picture)
        st.button(name.split(":")[0], key=f"{key}-{name}", width="stretch", on_click=_select, args=(key, name))


def _select(key: str, name: str) -> None:
    st.session_state.update({key: name, f"{key}-pictures": False})


@cache
def _sample_html(digit: int) -> str:
    """Return the picture of a sample as HTML."""
    url = data_url(Image.fromarray(render(samples()[digit], CANVAS_SIDE)), 2 * _SIDE)
    style = "display:block;width:100%;aspect-ratio:1;object-fit:contain;background:#000;border-radius:.4rem"
    return f'<img src="{url}" alt="{html.escape(f"{SAMPLE} {digit}")}" style="{style}">'


def _linked(history: History, key: str) -> SavedPrediction | None:
    name = str(st.session_state.get(key) or st.query_params.get(key, ""))
    found = re.match(rf"{PREDICTION} (\d{{1,15}}):", name)
    saved = history.get(int(found[1])) if found else None
    return saved if saved and saved.mode is Mode.DIGIT else None
