"""The preprocessing steps as images."""

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitrec.analytics.charts.models import pixel_values
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.trace import draw_steps, render_step
from digitrec.prediction import AnyPrediction, NumberPrediction, Step
from digitrec.web.shared.downloads import show_download
from digitrec.web.shared.figures import captioned, data_url, figure, show_figures

_SIDE = 168
_LINE_HEIGHT, _LINE_WIDTH = 280, 800
"""The largest height at which a line is shown, and the largest width of its image, in pixels."""
_MAX_DIGITS = 20
"""How many digits of a number have their steps shown. Those of a hundred digits would make a picture of 100 MB."""


def show_all_steps(prediction: AnyPrediction) -> None:
    """Show every preprocessing step of a prediction; for a number, those of its first digits too, each in a tab."""
    steps = prediction.steps
    if isinstance(prediction, NumberPrediction):
        for number, step in enumerate(steps, 1):
            st.html(captioned(_wide_image(step), _caption(number, step)))
        digits = prediction.digits[:_MAX_DIGITS]
        names = [f"Digit {position}: {digit.label}" for position, digit in enumerate(digits, 1)]
        for tab, digit in zip(st.tabs(names) if names else (), digits, strict=True):
            with tab:
                show_steps(digit.steps)
        if len(digits) < len(prediction.digits):
            st.caption(f"Only the first {_MAX_DIGITS} digits are shown.")
        steps = (*steps, *(step for digit in digits for step in digit.steps))
    else:
        show_steps(steps)
        _show_pixels(steps[-1])
    show_download("Download all steps", lambda: encode_image(draw_steps(steps)), "digitrec-steps.png", "download-steps")


def show_steps(steps: Sequence[Step]) -> None:
    """Show the image, name and reason of each step."""
    show_figures(
        figure(render_step(step, 2 * _SIDE), step.name, _caption(number, step), _SIDE)
        for number, step in enumerate(steps, 1)
    )


def _caption(number: int, step: Step) -> str:
    return f"<b>{number}. {html.escape(step.name)}</b><br>{html.escape(step.reason)}"


def _show_pixels(step: Step) -> None:
    rows, columns = np.indices(step.image.shape)
    values = pd.DataFrame({"row": rows.ravel(), "column": columns.ravel(), "value": step.image.ravel() / 255})
    chart = pixel_values(len(step.image))
    st.vega_lite_chart(values, chart, width="content", alt="Pixel values of the network input")


def show_wide_image(step: Step) -> None:
    """Show the image of a step as large as its column allows, at most as high as the canvas."""
    st.html(_wide_image(step))


def _wide_image(step: Step) -> str:
    height, width = step.image.shape[:2]
    # Two image pixels per CSS pixel, for high-resolution screens; small images keep their hard pixel edges.
    side = int(min(2 * _LINE_HEIGHT * max(width / height, 1), _LINE_WIDTH))
    rendering = "pixelated" if 2 * max(width, height) <= side else "auto"
    shown = round(_LINE_HEIGHT * width / height)
    return (
        f'<img src="{data_url(render_step(step, side), side)}" alt="{html.escape(step.name)}" style="display:block;'
        f'width:min({shown}px, 100%);image-rendering:{rendering};border-radius:.4rem">'
    )
