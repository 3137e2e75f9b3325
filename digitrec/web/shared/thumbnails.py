"""Pictures as data in the page.

Not through ``st.image``, whose links anybody who knows them may open.
"""

import base64
import html
import io
from collections.abc import Iterable
from functools import lru_cache

import streamlit as st
from PIL import Image

from digitrec.prediction import InputMethod
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.shared.local_time import when
from digitrec.web.shared.names import INPUT_METHOD_NAMES, VERDICT_NAMES


def data_url(image: Image.Image, side: int) -> str:
    """A picture as a link that holds it, at most ``side`` pixels a side."""
    small = image.copy()
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def figure(image: Image.Image, name: str, caption: str, side: int) -> str:
    """A square of ``side`` pixels that holds a picture, crisp, above its caption in HTML."""
    # Twice as many pixels as the place is wide, for screens that have them.
    return (
        f'<figure style="margin:0;width:{side}px"><img src="{data_url(image, 2 * side)}" alt="{html.escape(name)}" '
        f'style="width:{side}px;height:{side}px;object-fit:contain;image-rendering:pixelated;'
        'background:#808080;border-radius:.4rem">'
        f'<figcaption style="margin-top:.35rem;line-height:1.3">{caption}</figcaption></figure>'
    )


def show_figures(figures: Iterable[str]) -> None:
    """Show figures beside and below each other, as many in a row as there is room for."""
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1.25rem 1rem">{"".join(figures)}</div>')


def thumbnail(history: History, saved: SavedPrediction, side: int) -> str:
    """The picture of a record, at most ``side`` pixels a side, as a link that holds it; plain grey where it is gone."""
    try:
        return _thumbnail(history.images, saved.image, side)
    except (OSError, SyntaxError, ValueError):
        return data_url(Image.new("L", (1, 1), 128), side)


def picture_of(history: History, saved: SavedPrediction, side: int, width: str) -> str:
    """The picture of a record as HTML, in a dashed frame where it began as a drawing of ours."""
    frame = "outline:2px dashed #8b99f4;outline-offset:-2px;" if saved.input_method is InputMethod.SAMPLE else ""
    style = f"{frame}display:block;width:{width};aspect-ratio:1;object-fit:contain;background:#000;border-radius:.4rem"
    return f'<img src="{thumbnail(history, saved, side)}" alt="{html.escape(_alt(saved))}" style="{style}">'


def forget_thumbnails() -> None:
    """Keep no thumbnail in memory, after pictures were deleted."""
    _thumbnail.cache_clear()


# Not by the record, which would be kept in memory too, with all its strokes.
@lru_cache(1024)
def _thumbnail(images: Images, name: str, side: int) -> str:
    return data_url(Image.open(io.BytesIO(images.read(name))), side)


def _alt(saved: SavedPrediction) -> str:
    verdict = VERDICT_NAMES[saved.verdict]
    prediction = f"Predicted {saved.text}, {verdict.lower()}" if saved.text else verdict
    return f"{prediction}, {INPUT_METHOD_NAMES[saved.input_method]}, {when(saved.created_at)}"
