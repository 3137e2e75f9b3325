"""The steps of preprocessing as pictures."""

import html
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitrec.analytics.charts.pixels import pixel_values
from digitrec.imaging.trace import draw_steps, render_step
from digitrec.prediction import NumberPrediction, Step
from digitrec.web.shared.thumbnails import data_url, figure, show_figures

_SIDE = 168
_HIGH, _WIDE = 280, 800
"""How high a line is shown at most, and how many pixels wide its picture is at most."""


def show_steps(steps: Sequence[Step]) -> None:
    """Show every step with its picture, its name and its reason."""
    show_figures(
        figure(
            render_step(step, 2 * _SIDE),
            step.name,
            f"<b>{number}. {html.escape(step.name)}</b><br>{html.escape(step.reason)}",
            _SIDE,
        )
        for number, step in enumerate(steps, 1)
    )


def show_line_steps(prediction: NumberPrediction) -> None:
    """Show every step of a line below each other, and in a tab for each of its digits what was looked at there."""
    for number, step in enumerate(prediction.steps, 1):
        st.html(
            f'<figure style="margin:0">{_wide(step)}<figcaption style="margin-top:.35rem">'
            f"<b>{number}. {html.escape(step.name)}</b>, {html.escape(step.reason)}</figcaption></figure>"
        )
    if prediction.digits:
        names = [f"{place}. {digit.label}" for place, digit in enumerate(prediction.digits, 1)]
        for tab, digit in zip(st.tabs(names), prediction.digits, strict=True):
            with tab:
                show_steps(digit.steps)
    show_download([*prediction.steps, *(step for digit in prediction.digits for step in digit.steps)])


def show_pixels(steps: Sequence[Step]) -> None:
    """Show the last step as the numbers that the network gets."""
    last = steps[-1].image
    rows, columns = np.indices(last.shape)
    values = {"row": rows.ravel(), "column": columns.ravel(), "value": last.ravel() / 255}
    st.vega_lite_chart(
        pd.DataFrame(values), pixel_values(len(last)), width="content", alt="The value of each pixel of the last step"
    )


def show_download(steps: Sequence[Step]) -> None:
    """Show a download of all steps as one picture."""
    st.download_button(
        "Download all steps",
        lambda: _png(steps),
        "digitrec-steps.png",
        "image/png",
        key="download-steps",
        icon=":material/download:",
        on_click="ignore",
    )


def show_picture(step: Step) -> None:
    """Show the picture of one step as wide as its place, and not higher than a canvas."""
    st.html(_wide(step))


def _wide(step: Step) -> str:
    height, width = step.image.shape[:2]
    # Twice as many pixels as it is high, for screens that have them; what is enlarged keeps its own crisp.
    side = int(min(2 * _HIGH * max(width / height, 1), _WIDE))
    rendering = "pixelated" if 2 * max(width, height) <= side else "auto"
    return (
        f'<img src="{data_url(render_step(step, side), side)}" alt="{html.escape(step.name)}" style="display:block;'
        f"width:100%;max-height:{_HIGH}px;object-fit:contain;object-position:left;image-rendering:{rendering};"
        'border-radius:.4rem">'
    )


def _png(steps: Sequence[Step]) -> bytes:
    buffer = io.BytesIO()
    draw_steps(steps).save(buffer, "PNG")
    return buffer.getvalue()
