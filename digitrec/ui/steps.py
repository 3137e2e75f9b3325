"""The steps of preprocessing as pictures."""

import base64
import html
import io

import streamlit as st
from PIL import Image

from digitrec.imaging.steps import Step

_SHOWN_SIDE = 168


def show_steps(steps: tuple[Step, ...]) -> None:
    """Show every step with its picture, its name and its reason."""
    figures = "".join(_figure(number, step) for number, step in enumerate(steps, 1))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1.25rem 1rem">{figures}</div>')


def show_picture(step: Step) -> None:
    """Show the picture of one step as wide as its place, and not higher than a canvas."""
    st.html(f'<img src="{_data_url(step)}" alt="{html.escape(step.name)}" style="max-width:100%;max-height:280px">')


def _figure(number: int, step: Step) -> str:
    title = html.escape(step.name)
    return (
        f'<figure style="margin:0;width:{_SHOWN_SIDE}px">'
        f'<img src="{_data_url(step)}" alt="{title}" style="width:{_SHOWN_SIDE}px;height:{_SHOWN_SIDE}px;'
        'object-fit:contain;image-rendering:pixelated;background:#808080;border-radius:.4rem">'
        f'<figcaption style="margin-top:.35rem;line-height:1.3"><b>{number}. {title}</b><br>'
        f"{html.escape(step.reason)}</figcaption></figure>"
    )


def _data_url(step: Step) -> str:
    # As data and not through st.image, whose links anybody who knows them may open.
    image = Image.fromarray(step.picture)
    image.thumbnail((2 * _SHOWN_SIDE, 2 * _SHOWN_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
