"""The sliders that vary a drawing, beside the pictures and predictions that follow them while they move.

Streamlit's own sliders report a change only once they are let go.
"""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from digitrec.imaging.arrays import Ink
from digitrec.imaging.files.encode import png_url
from digitrec.imaging.variations import PARAMETERS, Parameter, Variation
from digitrec.prediction import Prediction
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.web.explore.variation_preview import VARIATION, read_variation, shown
from digitrec.web.prediction.result import announcement
from digitrec.web.shared.preview import preview_script, preview_source
from digitrec.web.shared.session import session

PICTURES = "Changed drawing", "Network input"
_KEY = "variation"


def _slider(parameter: Parameter) -> str:
    name, title, unit, low, high, step, neutral, text = (html.escape(str(field)) for field in parameter)
    return (
        f'<div><label for="vary-{name}">{title}</label><span aria-hidden="true"></span>'
        f'<input type="range" id="vary-{name}" name="{name}" min="{low}" max="{high}" step="{step}" '
        f'data-neutral="{neutral}" data-unit="{unit}" data-help="{title}: {text}" aria-description="{text}"></div>'
    )


_panel = st.components.v2.component(
    "variation",
    html=(
        '<div class="variation"><div class="pictures">'
        + "".join(f'<figure><img alt="{name}"><figcaption>{name}</figcaption></figure>' for name in PICTURES)
        + '<div class="predictions"></div><div role="status"></div></div>'
        + f'<div class="sliders">{"".join(map(_slider, PARAMETERS))}<button type="button">Reset</button>'
        + '<p class="help" aria-hidden="true">Select a slider to see what it does.</p></div></div>'
    ),
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=preview_script(Path(__file__).with_suffix(".js")),
    isolate_styles=False,
)


def chosen_variation() -> Variation:
    """Return the variation that the sliders show, and let the address name it.

    After a slider moved, the sliders count. Otherwise it comes from the address, which Back and Forward change, or, if
    the page is opened without one, from the last visit in this session.
    """
    state, moved = session(), _moved()
    if moved is not None and moved != state.last_move:
        state.variation = read_variation(moved)
    elif moved is not None or any(parameter.name in st.query_params for parameter in PARAMETERS):
        state.variation = read_variation(st.query_params)
    state.last_move = moved
    # All at once, for one entry in the browser's history, and only what differs: Streamlit sends the browser the whole
    # address, and what a user has just chosen may not be in it. An empty list removes a parameter.
    address = {
        parameter.name: [str(value)] if (value := getattr(state.variation, parameter.name)) != parameter.neutral else []
        for parameter in PARAMETERS
    }
    if differing := {name: value for name, value in address.items() if st.query_params.get_all(name) != value}:
        st.query_params.update(differing)
    return state.variation


def show_variation_panel(
    ink: Ink, variation: Variation, changed: Ink, recognizers: Sequence[DigitRecognizer], predictions: list[Prediction]
) -> None:
    """Show the sliders, with the drawing as they change it, its network input and its predictions."""
    names = [recognizer.model.card.name for recognizer in recognizers]
    data = {
        "number": (_moved() or {}).get("number", 0),
        "values": {parameter.name: getattr(variation, parameter.name) for parameter in PARAMETERS},
        "shown": shown(changed, predictions),
        "announcement": announcement(predictions),
        "preview": preview_source(VARIATION, names) | {"image": png_url(Image.fromarray(ink), compress_level=1)},
    }
    _panel(data=data, key=_KEY, on_moved_change=lambda: None)


def _moved() -> Mapping[str, Any] | None:
    """Return what the browser sent after a slider was moved: the number of the move, and the values by name."""
    moved = st.session_state.get(_KEY, {}).get("moved")
    return moved if isinstance(moved, dict) else None
