"""The choice of a drawing: a sample or one of the user's own, by name or by image."""

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

Drawing = int | SavedPrediction  # A sample, given by its digit, or a saved prediction.
_RECENT = 24
_SIDE = 88


def choose_drawing(history: History, label: str, key: str, first: int = 7) -> tuple[str, Drawing]:
    """Let the user choose a sample or one of the newest digit predictions, and return its name and the drawing.

    The sample of the digit ``first`` is selected initially.
    """
    recent: list[SavedPrediction] = []
    with suppress(StorageError):
        recent = history.page(Filter(modes=(Mode.DIGIT,)), Order.NEWEST, _RECENT)
        linked = _linked(history, key)
        if linked and linked.prediction_id not in [saved.prediction_id for saved in recent]:
            recent = [linked, *recent]
    drawings: dict[str, Drawing] = {f"Sample {digit}": digit for digit in samples()}
    drawings |= {drawing_name(saved): saved for saved in recent if saved.verdict is not Verdict.BLANK}
    name = st.selectbox(label, list(drawings), index=first, key=key, bind="query-params", width=260)
    opened = f"{key}-pictures"
    with st.popover("Choose by image", icon=":material/grid_view:", key=opened, on_change="rerun") as popover:
        if popover.open:
            with st.grid("auto", min_column_width=_SIDE):
                for option, drawing in drawings.items():
                    with st.container(gap="xsmall"):
                        if isinstance(drawing, int):
                            st.html(_sample_html(drawing))
                        else:
                            st.html(thumbnail_html(history, drawing, 2 * _SIDE, "100%"))
                        args, text = (key, option), option.split(":")[0]
                        st.button(text, key=f"{key}-{option}", width="stretch", on_click=_select, args=args)
    return name, drawings[name]


def _select(key: str, name: str) -> None:
    st.session_state.update({key: name, f"{key}-pictures": False})


@cache
def _sample_html(digit: int) -> str:
    url = data_url(Image.fromarray(render(samples()[digit], CANVAS_SIDE)), 2 * _SIDE)
    style = "display:block;width:100%;aspect-ratio:1;object-fit:contain;background:#000;border-radius:.4rem"
    return f'<img src="{url}" alt="Sample {digit}" style="{style}">'


def _linked(history: History, key: str) -> SavedPrediction | None:
    name = str(st.session_state.get(key) or st.query_params.get(key, ""))
    found = re.match(rf"{PREDICTION} (\d{{1,15}}):", name)
    saved = history.get(int(found[1])) if found else None
    return saved if saved and saved.mode is Mode.DIGIT else None
