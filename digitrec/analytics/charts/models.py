"""Charts of the metrics in model cards."""

from functools import cache
from typing import Any

import altair as alt

from digitrec.analytics.charts.reliability import reliability_diagram
from digitrec.analytics.charts.spec import HEIGHT, Specification, on_shade, specification

CELL = "cell"
"""Name of the selection of a cell of the confusion matrix, with the fields ``digit`` and ``read``."""
_ERROR_SCALE = alt.Scale(type="symlog", constant=0.001)
_LEGEND = alt.Legend(orient="top", title=None)
_LINES = alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=300)
_HEIGHT = HEIGHT + 60  # The legend takes the difference.
_ERROR_RATE = alt.Tooltip("wrong:Q", title="error rate", format=".2%")


@cache
def wrong_by_source() -> Specification:
    """Return a dot plot of ``source``, ``wrong`` (share of digits), ``digits`` and ``model``."""
    return _wrong_by_source("Error rate by test set", "model", "digits", _HEIGHT + 40)


@cache
def mistakes_by_source() -> Specification:
    """Return a dot plot of ``source``, ``wrong`` (share of lines), ``lines`` and the set ``of`` lines it is about."""
    return _wrong_by_source("Lines with errors by test set", "of", "lines", _HEIGHT + 140)


def _wrong_by_source(title: str, by: str, count: str, height: int) -> Specification:
    axis = alt.Axis(labelExpr="split(datum.label, ', ')", labelOverlap=False, labelLimit=170)
    source = alt.Y("source:N", title=None, sort=None, axis=axis)
    wrong = alt.X("wrong:Q", title="Error rate", axis=alt.Axis(format="~%", tickCount=5))
    base = alt.Chart()
    return specification(
        alt.layer(
            base.mark_rule(color="gray", strokeWidth=2).encode(y=source, x=alt.X("min(wrong):Q"), x2="max(wrong):Q"),
            base.mark_point(size=90, filled=True, opacity=1).encode(
                y=source, x=wrong, **_by("shape", by), tooltip=["source:N", f"{by}:N", _ERROR_RATE, f"{count}:Q"]
            ),
            title=title,
            height=height,
        )
    )


@cache
def confusion() -> Specification:
    """Return a confusion matrix of label ``digit``, prediction ``read``, ``digits`` and ``share`` of the label."""
    cell = alt.selection_point(name=CELL, fields=["digit", "read"], toggle=False)
    base = alt.Chart().transform_calculate(error="datum.digit == datum.read ? 0 : datum.share")
    place = {
        "x": alt.X("read:O", title="Predicted", axis=alt.Axis(labelAngle=0, labelFlush=False)),
        "y": alt.Y("digit:O", title="Label", axis=alt.Axis(labelFlush=False)),
    }
    cells = (
        base.mark_rect(cursor="pointer")
        .encode(
            **place,
            color=alt.Color("error:Q", title="Error rate", legend=None, scale=_ERROR_SCALE),
            stroke=alt.condition(cell, alt.value("#e8590c"), alt.value(None), empty=False),
            strokeWidth=alt.value(3),
            tooltip=[
                alt.Tooltip("digit:O", title="label"),
                alt.Tooltip("read:O", title="predicted"),
                "digits:Q",
                alt.Tooltip("share:Q", format=".2%"),
            ],
        )
        .add_params(cell)
    )
    counts = (
        base.transform_filter("datum.digit != datum.read && datum.digits > 0")
        .mark_text(color=on_shade("error"))
        .encode(**place, text="digits:Q")
    )
    return specification(alt.layer(cells, counts, title="Confusion matrix", height=360))


@cache
def wrong_by_digit() -> Specification:
    """Return a dot plot of ``digit``, ``wrong`` (share of that digit) and ``model``."""
    digit = alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0, labelFlush=False))
    wrong = alt.Y("wrong:Q", title="Error rate", axis=alt.Axis(format="~%"))
    base = alt.Chart()
    return specification(
        alt.layer(
            base.mark_rule(color="gray", strokeWidth=2).encode(x=digit, y=alt.Y("min(wrong):Q"), y2="max(wrong):Q"),
            base.mark_point(size=90, filled=True, opacity=1).encode(
                x=digit, y=wrong, **_by("shape"), tooltip=["model:N", "digit:O", _ERROR_RATE]
            ),
            title="Error rate by digit",
            height=_HEIGHT,
        )
    )


@cache
def reliability() -> Specification:
    """Return a reliability diagram of ``confidence``, ``accuracy``, ``digits`` and ``model``."""
    return reliability_diagram(_HEIGHT, "digits", **_by("strokeDash"))


@cache
def training_curves() -> Specification:
    """Return a line chart of ``epoch``, ``measure`` and ``value``."""
    return specification(
        alt.Chart(title="Training loss", height=_HEIGHT)
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
    """Return a line chart of ``to`` (in the order of the data), ``accuracy`` and ``model``."""
    return {**_robustness(), "title": title}


@cache
def _robustness() -> Specification:
    return specification(
        alt.Chart(height=_HEIGHT)
        .mark_line(point=True)
        .encode(
            x=alt.X("to:N", title=None, sort=None, axis=alt.Axis(labelAngle=-45, labelOverlap=False)),
            y=alt.Y("accuracy:Q", title="Accuracy", axis=alt.Axis(format="~%"), scale=alt.Scale(zero=False)),
            **_by("strokeDash"),
            tooltip=["model:N", "to:N", alt.Tooltip("accuracy:Q", title="accuracy", format=".2%")],
        )
    )


def _by(channel: str, field: str = "model") -> dict[str, Any]:
    """Encode a field as color and as ``shape`` of points or ``strokeDash`` of lines."""
    legend = _LEGEND if channel == "shape" else _LINES
    encoding = {"shape": alt.Shape, "strokeDash": alt.StrokeDash}[channel]
    return {"color": alt.Color(f"{field}:N", legend=legend), channel: encoding(f"{field}:N", legend=legend)}
