"""The steps of preprocessing as pictures."""

import html
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitrec.charts.pixels import pixel_values
from digitrec.imaging.steps import Step, enlarged, strip
from digitrec.ui.pictures import data_url, figure, show_figures

_SIDE = 168


def show_steps(steps: Sequence[Step]) -> None:
    """Show every step with its picture, its name and its reason."""
    show_figures(
        figure(
            enlarged(step, 2 * _SIDE),
            step.name,
            f"<b>{number}. {html.escape(step.name)}</b><br>{html.escape(step.reason)}",
            _SIDE,
        )
        for number, step in enumerate(steps, 1)
    )


def show_numbers(steps: Sequence[Step]) -> None:
    """Show the last step as the numbers that the network gets, and a download of all steps as one picture."""
    last = steps[-1].picture
    rows, columns = np.indices(last.shape)
    values = {"row": rows.ravel(), "column": columns.ravel(), "value": last.ravel() / 255}
    st.vega_lite_chart(
        pd.DataFrame(values), pixel_values(len(last)), width="content", alt="The value of each pixel of the last step"
    )
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
    source = data_url(enlarged(step, 2 * _SIDE), 2 * _SIDE)
    st.html(f'<img src="{source}" alt="{html.escape(step.name)}" style="max-width:100%;max-height:280px">')


def _png(steps: Sequence[Step]) -> bytes:
    buffer = io.BytesIO()
    strip(steps).save(buffer, "PNG")
    return buffer.getvalue()
