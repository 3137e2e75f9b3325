"""The steps of preprocessing as pictures."""

import html

import streamlit as st
from PIL import Image

from digitrec.imaging.steps import Step
from digitrec.ui.pictures import data_url

_SIDE = 168


def show_steps(steps: tuple[Step, ...]) -> None:
    """Show every step with its picture, its name and its reason."""
    figures = "".join(_figure(number, step) for number, step in enumerate(steps, 1))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1.25rem 1rem">{figures}</div>')


def show_picture(step: Step) -> None:
    """Show the picture of one step as wide as its place, and not higher than a canvas."""
    st.html(_image(step, "max-width:100%;max-height:280px"))


def _figure(number: int, step: Step) -> str:
    style = (
        f"width:{_SIDE}px;height:{_SIDE}px;object-fit:contain;image-rendering:pixelated;"
        "background:#808080;border-radius:.4rem"
    )
    return (
        f'<figure style="margin:0;width:{_SIDE}px">{_image(step, style)}'
        f'<figcaption style="margin-top:.35rem;line-height:1.3"><b>{number}. {html.escape(step.name)}</b><br>'
        f"{html.escape(step.reason)}</figcaption></figure>"
    )


def _image(step: Step, style: str) -> str:
    # Twice as many pixels as the place is wide, for screens that have them.
    source = data_url(Image.fromarray(step.picture), 2 * _SIDE)
    return f'<img src="{source}" alt="{html.escape(step.name)}" style="{style}">'
