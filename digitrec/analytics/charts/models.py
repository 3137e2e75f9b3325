"""Charts of models, from their cards."""

from functools import cache
from typing import Any

import altair as alt

from digitrec.analytics.charts.reliability import reliability_diagram
from digitrec.analytics.charts.spec import HEIGHT, Specification, on_shade, specification

CELL = "cell"
"""The selection of a cell of the confusion matrix, by ``digit`` and ``read``."""
_MISTAKES = alt.Scale(type="symlog", constant=0.001)
_LEGEND = alt.Legend(orient="top", title=None)
_LINES = alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=300)
# With the legend above it.
_HEIGHT = HEIGHT + 60
_WRONG = alt.Tooltip("wrong:Q", title="read wrong", format=".2%")


@cache
def wrong_by_source() -> Specification:
    """How much of each source models read wrong; shows ``source``, ``wrong`` (a share), ``digits`` and ``model``."""
    return _wrong_by_source("How much of each source is read wrong?", "model", "digits", _HEIGHT + 40)


@cache
def mistakes_by_source() -> Specification:
    """How many lines of each source are read wrong; shows ``source``, ``wrong`` (a share), ``of`` and ``numbers``."""
    return _wrong_by_source("How many lines have a mistake?", "of", "lines", _HEIGHT + 140)


def _wrong_by_source(title: str, by: str, count: str, height: int) -> Specification:
    axis = alt.Axis(labelExpr="split(datum.label, ', ')", labelOverlap=False, labelLimit=170)
    source = alt.Y("source:N", title=None, sort=None, axis=axis)
    wrong = alt.X("wrong:Q", title="Read wrong", axis=alt.Axis(format="~%", tickCount=5))
    base = alt.Chart()
    return specification(
        alt.layer(
            base.mark_rule(color="gray", strokeWidth=2).encode(y=source, x=alt.X("min(wrong):Q"), x2="max(wrong):Q"),
            base.mark_point(size=90, filled=True, opacity=1).encode(
                y=source, x=wrong, **_by("shape", by), tooltip=["source:N", f"{by}:N", _WRONG, f"{count}:Q"]
            ),
            title=title,
            height=height,
        )
    )


@cache
def confusion() -> Specification:
    """What was read for each digit; shows ``digit``, ``read``, ``digits`` and ``share`` of that digit."""
    cell = alt.selection_point(name=CELL, fields=["digit", "read"], toggle=False)
    base = alt.Chart().transform_calculate(mistaken="datum.digit == datum.read ? 0 : datum.share")
    place = {
        "x": alt.X("read:O", title="Read as", axis=alt.Axis(labelAngle=0, labelFlush=False)),
        "y": alt.Y("digit:O", title="Is a", axis=alt.Axis(labelFlush=False)),
    }
    cells = (
        base.mark_rect(cursor="pointer")
        .encode(
            **place,
            color=alt.Color("mistaken:Q", title="Mistaken", legend=None, scale=_MISTAKES),
            stroke=alt.condition(cell, alt.value("#e8590c"), alt.value(None), empty=False),
            strokeWidth=alt.value(3),
            tooltip=["digit:O", "read:O", "digits:Q", alt.Tooltip("share:Q", format=".2%")],
        )
        .add_params(cell)
    )
    counts = (
        base.transform_filter("datum.digit != datum.read && datum.digits > 0")
        .mark_text(color=on_shade("mistaken"))
        .encode(**place, text="digits:Q")
    )
    return specification(alt.layer(cells, counts, title="Which digits are taken for which?", height=360))


@cache
def wrong_by_digit() -> Specification:
    """How much of each digit models read wrong; shows ``digit``, ``wrong`` (a share) and ``model``."""
    digit = alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0, labelFlush=False))
    wrong = alt.Y("wrong:Q", title="Read wrong", axis=alt.Axis(format="~%"))
    base = alt.Chart()
    return specification(
        alt.layer(
            base.mark_rule(color="gray", strokeWidth=2).encode(x=digit, y=alt.Y("min(wrong):Q"), y2="max(wrong):Q"),
            base.mark_point(size=90, filled=True, opacity=1).encode(
                x=digit, y=wrong, **_by("shape"), tooltip=["model:N", "digit:O", _WRONG]
            ),
            title="How much of each digit is read wrong?",
            height=_HEIGHT,
        )
    )


@cache
def reliability() -> Specification:
    """Whether confidence is earned; shows ``confidence``, ``accuracy``, ``digits`` and ``model``."""
    return reliability_diagram(_HEIGHT, "digits", **_by("strokeDash"))


@cache
def training_curves() -> Specification:
    """How training went; shows ``epoch``, ``measure`` and ``value``."""
    return specification(
        alt.Chart(title="How did training go?", height=_HEIGHT)
        .mark_line()
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("value:Q", title="Loss (log scale)", scale=alt.Scale(type="log")),
            color=alt.Color("measure:N", legend=_LINES),
            strokeDash=alt.StrokeDash("measure:N", legend=_LINES),
            tooltip=["measure:N", "epoch:Q", alt.Tooltip("value:Q", format=".4f")],
        )
    )


def robustness(title: str) -> Specification:
    """How much drawing otherwise costs; shows ``to`` (in its order), ``accuracy`` and ``model``."""
    return {**_robustness(), "title": title}


@cache
def _robustness() -> Specification:
    return specification(
        alt.Chart(height=_HEIGHT)
        .mark_line(point=True)
        .encode(
            x=alt.X("to:N", title=None, sort=None, axis=alt.Axis(labelAngle=-45, labelOverlap=False)),
            y=alt.Y("accuracy:Q", title="Right", axis=alt.Axis(format="~%"), scale=alt.Scale(zero=False)),
            **_by("strokeDash"),
            tooltip=["model:N", "to:N", alt.Tooltip("accuracy:Q", title="right", format=".2%")],
        )
    )


def _by(channel: str, field: str = "model") -> dict[str, Any]:
    """Models, or what a field tells, told apart by colour and by ``shape`` of points or ``strokeDash`` of lines."""
    legend = _LEGEND if channel == "shape" else _LINES
    other = {"shape": alt.Shape, "strokeDash": alt.StrokeDash}[channel]
    return {"color": alt.Color(f"{field}:N", legend=legend), channel: other(f"{field}:N", legend=legend)}
