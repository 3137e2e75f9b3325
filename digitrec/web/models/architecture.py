"""The layers of a model, and how it was trained."""

import html
from collections.abc import Sequence
from math import log2, prod

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.prediction import KINDS
from digitrec.recognition.models.architecture import Block, group_layers
from digitrec.recognition.models.cards import DataUse, ModelCard
from digitrec.web.models.elements import show_table
from digitrec.web.shared.bar import ACCENT, bar
from digitrec.web.shared.local_time import format_date
from digitrec.web.shared.names import count_noun

_PIXEL = 2.4  # The side of one pixel of a feature map in the diagram.
_MIN_SIDE, _MAX_SIDE = 8, 28 * _PIXEL
_STACK_OFFSET = 3
_SHADES = (f"color-mix(in srgb, {ACCENT} 85%, transparent)", f"color-mix(in srgb, {ACCENT} 55%, transparent)")
_OUTPUTS = {10: "output: which digit it is", len(KINDS): "output: whether it is a digit"}
"""The meaning of an output layer, by its number of values."""


def show_architecture(card: ModelCard) -> None:
    """Show the layers, if they are known, as a diagram: the output of each, drawn to scale, and its parameters."""
    if not card.layers:
        return
    st.header("Architecture")
    blocks = group_layers(card.layers)
    figures = "".join(_figure(number, block, card.parameters) for number, block in enumerate(blocks, 1))
    st.html(
        '<ol style="list-style:none;margin:0;padding:0;display:grid;gap:.6rem;'
        f'grid-template-columns:repeat(auto-fill,minmax(150px,1fr))">{figures}</ol>'
    )
    st.caption(
        "Each diagram shows the size of the layer's output: its height, its width and, as depth, its number of "
        "channels. The bar shows the layer's share of all parameters."
    )


def show_training(card: ModelCard) -> None:
    """Show the training data, the command, the loss curves and the license."""
    training = card.training
    st.header("Training")
    rows = [
        {"measure": name.replace("val_", "validation ").replace("_", " "), "epoch": epoch, "value": value}
        for name, values in training.curves.items()
        if name.endswith("loss")
        for epoch, value in enumerate(values, 1)
    ]
    st.markdown(f"{training.data}.")
    if rows:
        st.vega_lite_chart(pd.DataFrame(rows), charts.training_curves(), alt="Loss by epoch")
    if training.uses:
        show_table(_uses_table(training.uses), "Use of each collection")
        st.caption(
            "Models were compared on the *validation* data. The temperature and the thresholds were chosen on the part "
            "of it named above, and on MNIST digits. *Held-out* data is only for evaluation. The file `card.json` "
            "lists the writers by name."
        )
    st.code(training.command, language="bash", wrap_lines=True)
    versions = ", ".join(f"{name} {version}" for name, version in training.versions.items())
    verb = "Trained" if training.curves else "Imported"
    st.caption(f"{verb} on {format_date(training.date)} with {versions}. License: {card.license}.")


def _uses_table(uses: Sequence[DataUse]) -> list[dict[str, str]]:
    """Return a row for each collection, with the amount of data in each part."""
    rows: dict[str, dict[str, str]] = {}
    for use in uses:
        row = rows.setdefault(use.source, {"Collection": use.source, "Training": "", "Validation": "", "Held out": ""})
        count = len(use.writers)
        writers = f" by {count_noun(count, 'writer')}" if count else ""
        row[use.part.capitalize()] = f"{use.samples:,}{writers}"
    return list(rows.values())


def _figure(number: int, block: Block, parameters: int) -> str:
    count = f"{block.parameters:,} parameters" if block.parameters else "no parameters"
    notes = ["then " + ", ".join(block.followed_by)] if block.followed_by else []
    if "softmax" in block.followed_by:
        notes += [_OUTPUTS[size] for size in block.output if size in _OUTPUTS]
    return (
        '<li style="padding:.6rem;border-radius:.5rem;'
        'border:1px solid color-mix(in srgb, currentColor 20%, transparent)">'
        f'<div aria-hidden="true" style="height:100px;display:flex;align-items:end;padding-bottom:.5rem">'
        f"{_picture(block.output)}</div><b>{number}. {html.escape(block.name)}</b><br>"
        f"{' × '.join(map(str, block.output))}<br>{count}"
        f'<div style="margin:.3rem 0">{bar(block.parameters / max(parameters, 1), "4px")}</div>'
        + "".join(f'<div style="font-size:.85rem">{html.escape(note)}</div>' for note in notes)
        + "</li>"
    )


def _picture(output: tuple[int, ...]) -> str:
    """Return the HTML of an output: a stack of feature maps, or a column of values."""
    if len(output) != 3:
        return _rectangle(_MIN_SIDE, min(9 * log2(max(prod(output), 2)), _MAX_SIDE))
    height, width, channels = output
    maps = range(1, round(log2(channels)) + 1)
    stack = ",".join(f"{_STACK_OFFSET * level}px -{_STACK_OFFSET * level}px 0 {_SHADES[level % 2]}" for level in maps)
    scaled_width, scaled_height = (min(max(_PIXEL * side, _MIN_SIDE), _MAX_SIDE) for side in (width, height))
    return _rectangle(scaled_width, scaled_height, f"box-shadow:{stack}" if stack else "")


def _rectangle(width: float, height: float, style: str = "") -> str:
    return (
        f'<div style="width:{width:.0f}px;height:{height:.0f}px;border-radius:2px;background:{ACCENT};{style}"></div>'
    )
