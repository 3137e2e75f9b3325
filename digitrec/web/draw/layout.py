"""The layout of the Draw page: the input with its tools, the result beside it or, on a phone, below it."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from digitrec.prediction import Mode
from digitrec.samples import NUMBER_CANVAS_WIDTH
from digitrec.web.prediction.result import PREDICTION_STYLE

_STYLE = Path(__file__).with_suffix(".css")
_WIDTHS = {Mode.DIGIT: 400, Mode.NUMBER: NUMBER_CANVAS_WIDTH}


class Layout(NamedTuple):
    """The parts of the page, from the top left to the bottom right."""

    input: DeltaGenerator
    tools: DeltaGenerator  # The row of buttons below the canvas; on a phone, at the bottom of the screen.
    result: DeltaGenerator
    options: DeltaGenerator  # The row below the result.


def lay_out(mode: Mode | None) -> Layout:
    """Show the empty parts of the page, with room for the canvas of a mode, and return them."""
    st.html(_STYLE)
    st.html(PREDICTION_STYLE)
    with st.container(horizontal=True, gap="medium", key="parts"):
        left = st.container(width=_WIDTHS[mode or Mode.DIGIT], key="input")
        right = st.container(key="result")
    return Layout(
        left.container(),
        left.container(horizontal=True, key="tools"),
        right.container(),
        right.container(horizontal=True, vertical_alignment="center"),
    )
