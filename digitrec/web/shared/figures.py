"""Images embedded in the page as data URLs.

``st.image`` would serve them at links that work for anyone who has them.
"""

import html
import io
from collections.abc import Iterable
from functools import lru_cache

import streamlit as st
from PIL import Image

from digitrec.imaging.files.encode import png_url
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.saved_prediction import SavedPrediction
from digitrec.web.shared.local_time import format_local
from digitrec.web.shared.names import INPUT_METHOD_NAMES, VERDICT_NAMES


def data_url(image: Image.Image, side: int) -> str:
    """Return an image as a data URL, scaled down to at most ``side`` pixels per side."""
    small = image.copy()
    small.thumbnail((side, side))
    return png_url(small, compress_level=1)


def figure(image: Image.Image, name: str, caption: str, side: int) -> str:
    """Return an image in a square of ``side`` CSS pixels with an HTML caption below it.

    On a phone, it is at most half as wide as the page. Small images keep hard pixel edges.
    """
    # Two image pixels per CSS pixel, for high-resolution screens.
    rendering = "pixelated" if max(image.size) <= side else "auto"
    style = (
        f"width:{side}px;max-width:100%;aspect-ratio:1;object-fit:contain;image-rendering:{rendering};background:#808080;"
        "border-radius:.4rem"
    )
    return captioned(
        f'<img src="{data_url(image, 2 * side)}" alt="{html.escape(name)}" style="{style}">',
        caption,
        f"min({side}px, calc(50% - .5rem))",
    )


def captioned(picture: str, caption: str, width: str = "100%") -> str:
    """Return a picture, as HTML, with an HTML caption below it, at most ``width`` wide."""
    return (
        f'<figure style="margin:0;max-width:{width}">{picture}'
        f'<figcaption style="margin-top:.35rem;line-height:1.3">{caption}</figcaption></figure>'
    )


def show_figures(figures: Iterable[str]) -> None:
    """Show figures in rows that wrap, three of 112 pixels on a phone."""
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1.25rem .625rem">{"".join(figures)}</div>')


def thumbnail(history: History, saved: SavedPrediction, side: int) -> str:
    """Return the image of a prediction as a data URL, at most ``side`` pixels per side; plain gray if it is missing."""
    try:
        return _thumbnail(history.images, saved.image, side)
    except (OSError, SyntaxError, ValueError):
        return data_url(Image.new("L", (1, 1), 128), side)


def thumbnail_html(history: History, saved: SavedPrediction, side: int, width: str) -> str:
    """Return the image of a prediction as HTML."""
    style = f"display:block;width:{width};aspect-ratio:1;object-fit:contain;background:#000;border-radius:.4rem"
    return f'<img src="{thumbnail(history, saved, side)}" alt="{html.escape(describe(saved))}" style="{style}">'


def describe(saved: SavedPrediction) -> str:
    """Return the alternative text of the image of a prediction."""
    verdict = VERDICT_NAMES[saved.verdict]
    predicted = f"Predicted {saved.text}, {verdict.lower()}" if saved.text else verdict
    return f"{predicted}, {INPUT_METHOD_NAMES[saved.input_method]}, {format_local(saved.created_at)}"


# Keyed by name: the prediction itself would stay in memory with all its strokes.
@lru_cache(1024)
def _thumbnail(images: Images, name: str, side: int) -> str:
    return data_url(Image.open(io.BytesIO(images.read(name))), side)


def forget_thumbnails() -> None:
    """Clear the thumbnails in memory after images were deleted."""
    _thumbnail.cache_clear()
