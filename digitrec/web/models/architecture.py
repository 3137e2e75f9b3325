"""How a network is built and how it was trained."""

import html
from math import log2, prod

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.prediction import KINDS
from digitrec.recognition.models.architecture import Block, group_layers
from digitrec.recognition.models.cards import ModelCard
from digitrec.web.shared.colors import ACCENT, TRACK

_PIXEL = 2.4
"""How large a pixel of a feature map is drawn."""
_LEAST, _MOST = 8, 28 * _PIXEL
_STACK = 3
_SHADES = (f"color-mix(in srgb, {ACCENT} 85%, transparent)", f"color-mix(in srgb, {ACCENT} 55%, transparent)")
_ANSWERS = {10: "tells which digit it is", len(KINDS): "tells whether it is one"}
"""What the end of a network says, by how many values it gives."""


def show_network(card: ModelCard) -> None:
    """Show the layers of a network as a diagram: what each gives, drawn to scale, and its parameters."""
    st.header("How is it built?")
    figures = "".join(
        _figure(number, block, card.parameters) for number, block in enumerate(group_layers(card.layers), 1)
    )
    st.html(
        '<ol style="list-style:none;margin:0;padding:0;display:grid;gap:.6rem;'
        f'grid-template-columns:repeat(auto-fill,minmax(150px,1fr))">{figures}</ol>'
    )
    st.caption(
        "Each picture is drawn as large as what the layer gives is high and wide, and the deeper the more channels it "
        "has. The line below is its share of the parameters."
    )


def show_training(card: ModelCard) -> None:
    """Show what a model was trained on, how, and the curves of it."""
    training = card.training
    st.header("How was it trained?")
    rows = [
        {"measure": name.replace("_", " "), "epoch": epoch, "value": value}
        for name, values in training.curves.items()
        if name.endswith("loss")
        for epoch, value in enumerate(values, 1)
    ]
    st.markdown(f"Data: {training.data}.")
    if rows:
        st.vega_lite_chart(pd.DataFrame(rows), charts.training_curves(), alt="Loss by epoch")
    st.code(training.command, language="bash", wrap_lines=True)
    versions = ", ".join(f"{name} {version}" for name, version in training.versions.items())
    st.caption(f"Made on {training.date:%Y-%m-%d} with {versions}. Licence: {card.license}.")


def _figure(number: int, block: Block, parameters: int) -> str:
    count = f"{block.parameters:,} parameters" if block.parameters else "no parameters"
    notes = ["then " + ", ".join(block.followed_by)] if block.followed_by else []
    if "softmax" in block.followed_by:
        notes += [_ANSWERS[size] for size in block.output if size in _ANSWERS]
    return (
        '<li style="padding:.6rem;border-radius:.5rem;'
        'border:1px solid color-mix(in srgb, currentColor 20%, transparent)">'
        f'<div aria-hidden="true" style="height:100px;display:flex;align-items:end;padding-bottom:.5rem">'
        f"{_picture(block.output)}</div><b>{number}. {html.escape(block.name)}</b><br>"
        f"{' x '.join(map(str, block.output))}<br>{count}"
        f'<div style="height:4px;border-radius:2px;margin:.3rem 0;background:{TRACK}"><div style="height:4px;'
        f'border-radius:2px;width:{block.parameters / max(parameters, 1):.1%};background:{ACCENT}"></div></div>'
        + "".join(f'<div style="font-size:.85rem">{html.escape(log_activity)}</div>' for log_activity in notes)
        + "</li>"
    )


def _picture(output: tuple[int, ...]) -> str:
    """What a layer gives: a stack of maps, or a column of values."""
    if len(output) != 3:
        return _box(_LEAST, min(9 * log2(max(prod(output), 2)), _MOST))
    height, width, depth = output
    maps = range(1, round(log2(depth)) + 1)
    stack = ",".join(f"{_STACK * place}px -{_STACK * place}px 0 {_SHADES[place % 2]}" for place in maps)
    wide, high = (min(max(_PIXEL * side, _LEAST), _MOST) for side in (width, height))
    return _box(wide, high, f"box-shadow:{stack}" if stack else "")


def _box(width: float, height: float, style: str = "") -> str:
    return (
        f'<div style="width:{width:.0f}px;height:{height:.0f}px;border-radius:2px;background:{ACCENT};{style}"></div>'
    )
