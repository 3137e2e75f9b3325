"""Elements that the views of the Explore page share: predictions and downloads."""

import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.trace import draw_steps
from digitrec.prediction import Prediction, Step
from digitrec.storage.export import escape_formula
from digitrec.web.prediction.digit_result import describe
from digitrec.web.shared.downloads import show_download

SIDE = 168  # Width of a picture, in CSS pixels.


def predictions_html(predictions: Sequence[Prediction]) -> str:
    """Return the prediction of each model as HTML, which also says if two models disagree."""
    lines = []
    for prediction in predictions:
        title, detail = describe(prediction)
        digit = f"<b>{prediction.text}</b> · {title}" if prediction.text else f"<b>{title}</b>"
        line = f"{html.escape(prediction.model)}: {digit} · {html.escape(detail)}"
        lines.append(f'<div style="line-height:1.5">{line}</div>')
    if len({prediction.text for prediction in predictions}) > 1:
        lines.append('<div style="opacity:.8">The models disagree.</div>')
    return "".join(lines)


def show_downloads(name: str, steps: Sequence[Step], table: pd.DataFrame | None = None) -> None:
    """Show buttons that download pictures as one PNG file and, if there is one, a table as CSV."""
    with st.container(horizontal=True):
        show_download("Download PNG", lambda: encode_image(draw_steps(steps)), f"digitrec-{name}.png", f"{name}-png")
        if table is not None:
            show_download("Download CSV", lambda: _csv(table), f"digitrec-{name}.csv", f"{name}-csv", "table")


def _csv(table: pd.DataFrame) -> bytes:
    texts = table.select_dtypes(exclude="number").columns
    return table.assign(**{name: table[name].map(escape_formula) for name in texts}).to_csv(index=False).encode()
