"""Charts of models: the metrics in their cards, and the pixels that a network gets."""

from typing import Any

import altair as alt

from digitrec.analytics.charts.common import (
    HEIGHT,
    LEGEND,
    LEVEL,
    Chart,
    on_shade,
    reliability_diagram,
    specification,
    tooltip,
)

CELL = "cell"  # Name of the selection of a cell of the confusion matrix, with the fields ``digit`` and ``read``.
_CELL_SCALE = alt.Scale(type="symlog", constant=0.001)
_LINE_BREAKS = "split(datum.label, ', ')"  # A line for each part of a label.
_RATE_TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)
_LINES = alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=300)
_HEIGHT = HEIGHT + 60  # The legend takes the difference.
_MAX_HORIZONTAL = 5  # At most this many axis labels fit side by side on a phone.
_PIXEL = 8  # All 28 must fit into a dialog on a phone.
_ERROR_RATE = tooltip("wrong:Q", "error rate", format=".2%")


@specification
def wrong_by_source() -> Chart:
    """Return a dot plot of ``source``, ``wrong`` (share of digits), ``digits`` and ``model``."""
    return _wrong_by_source("Error rate by test set", "model", "digits", _HEIGHT + 110)


@specification
def mistakes_by_source() -> Chart:
    """Return a dot plot of ``source``, ``wrong`` (share of lines), ``lines`` and ``subset`` (of all lines)."""
    return _wrong_by_source("Lines with errors by test set", "subset", "lines", _HEIGHT + 140)


def _wrong_by_source(title: str, by: str, count: str, height: int) -> Chart:
    axis = alt.Axis(labelExpr=_LINE_BREAKS, labelOverlap=False, labelFlush=False, labelLimit=190)
    source = alt.Y("source:N", title=None, sort=None, axis=axis)
    # A square root scale keeps small differences visible beside a test set with many errors.
    scale, ticks = alt.Scale(type="sqrt"), alt.Axis(format="~%", values=_RATE_TICKS)
    wrong = alt.X("wrong:Q", title="Error rate (square root scale)", axis=ticks, scale=scale)
    ranges = alt.Chart().mark_rule(color="gray", strokeWidth=2)
    points = alt.Chart().mark_point(size=90, filled=True, opacity=1).encode(y=source, x=wrong, **_by("shape", by))
    return alt.layer(
        ranges.encode(y=source, x=alt.X("min(wrong):Q"), x2="max(wrong):Q"),
        points.encode(
            tooltip=[tooltip("source:N", "test set"), tooltip(f"{by}:N"), _ERROR_RATE, tooltip(f"{count}:Q")]
        ),
        title=title,
        height=height,
    )


@specification
def confusion() -> Chart:
    """Return a confusion matrix of ``digit`` (label), ``read`` (prediction), ``digits`` and ``share`` of the label."""
    cell = alt.selection_point(name=CELL, fields=["digit", "read"], toggle=False)
    base = alt.Chart().transform_calculate(error="datum.digit == datum.read ? 0 : datum.share")
    place = {
        "x": alt.X("read:O", title="Predicted", axis=LEVEL),
        "y": alt.Y("digit:O", title="Label", axis=alt.Axis(labelFlush=False)),
    }
    cells = base.mark_rect(cursor="pointer").encode(
        **place,
        color=alt.Color("error:Q", title="Error rate", legend=None, scale=_CELL_SCALE),
        stroke=alt.condition(cell, alt.value("#e8590c"), alt.value(None), empty=False),
        strokeWidth=alt.value(3),
        tooltip=[
            tooltip("digit:O", "label"),
            tooltip("read:O", "predicted"),
            tooltip("digits:Q"),
            tooltip("share:Q", format=".2%"),
        ],
    )
    errors = base.transform_filter("datum.digit != datum.read && datum.digits > 0")
    counts = errors.mark_text(color=on_shade("error")).encode(**place, text="digits:Q")
    return alt.layer(cells.add_params(cell), counts, title="Confusion matrix", height=360)


@specification
def wrong_by_digit() -> Chart:
    """Return a dot plot of ``digit``, ``wrong`` (share of that digit) and ``model``."""
    digit = alt.X("digit:O", title="Digit", axis=LEVEL)
    wrong = alt.Y("wrong:Q", title="Error rate", axis=alt.Axis(format="~%"))
    ranges = alt.Chart().mark_rule(color="gray", strokeWidth=2)
    points = alt.Chart().mark_point(size=90, filled=True, opacity=1).encode(x=digit, y=wrong, **_by("shape"))
    return alt.layer(
        ranges.encode(x=digit, y=alt.Y("min(wrong):Q"), y2="max(wrong):Q"),
        points.encode(tooltip=[tooltip("model:N"), tooltip("digit:O"), _ERROR_RATE]),
        title="Error rate by digit",
        height=_HEIGHT,
    )


@specification
def reliability() -> Chart:
    """Return a reliability diagram of ``confidence``, ``accuracy``, ``digits`` and ``model``."""
    return reliability_diagram("Reliability diagram", _HEIGHT, "digits", **_by("strokeDash"))


@specification
def line_reliability() -> Chart:
    """Return a reliability diagram of ``confidence``, ``accuracy`` and ``lines``."""
    return reliability_diagram("Reliability diagram", HEIGHT, "lines")


@specification
def training_curves() -> Chart:
    """Return a line chart of ``epoch``, ``measure`` and ``value``."""
    chart = alt.Chart(title="Training loss", height=_HEIGHT).mark_line()
    return chart.encode(
        x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("value:Q", title="Loss (log scale)", scale=alt.Scale(type="log")),
        **_by("strokeDash", "measure"),
        tooltip=[tooltip("measure:N"), tooltip("epoch:Q"), tooltip("value:Q", format=".4f")],
    )


@specification
def robustness(title: str, variations: int) -> Chart:
    """Return a line chart of ``to`` (``variations`` of them, as ordered in the data), ``accuracy`` and ``model``."""
    chart = alt.Chart(title=title, height=_HEIGHT).mark_line(point=True)
    angle = 0 if variations <= _MAX_HORIZONTAL else -45
    axis = alt.Axis(labelExpr=_LINE_BREAKS, labelAngle=angle, labelOverlap=False)
    return chart.encode(
        x=alt.X("to:N", title=None, sort=None, axis=axis),
        y=alt.Y("accuracy:Q", title="Accuracy", axis=alt.Axis(format="~%"), scale=alt.Scale(zero=False)),
        **_by("strokeDash"),
        tooltip=[
            tooltip("model:N"),
            tooltip("to:N", "variation"),
            tooltip("accuracy:Q", format=".2%"),
        ],
    )


@specification
def pixel_values(side: int) -> Chart:
    """Return a heat map of ``row``, ``column`` and ``value`` (0 to 1) of ``side`` rows and columns."""
    axis = alt.Axis(labelAngle=0, values=list(range(0, side, 4)), ticks=False, domain=False, grid=False)
    # White on black in both themes, like the pictures beside it.
    scale = alt.Scale(domain=[0, 1], range=["#000", "#fff"])
    chart = alt.Chart(title="Network input", width=alt.Step(_PIXEL), height=alt.Step(_PIXEL)).mark_rect()
    return chart.encode(
        x=alt.X("column:O", title="Column", axis=axis),
        y=alt.Y("row:O", title="Row", axis=axis),
        color=alt.Color("value:Q", title="Value", scale=scale, legend=None),
        tooltip=[tooltip("row:O"), tooltip("column:O"), tooltip("value:Q", format=".3f")],
    )


def _by(channel: str, field: str = "model") -> dict[str, Any]:
    """Encode a field as color and as ``shape`` of points or ``strokeDash`` of lines."""
    legend = LEGEND if channel == "shape" else _LINES
    encoding = {"shape": alt.Shape, "strokeDash": alt.StrokeDash}[channel]
    return {"color": alt.Color(f"{field}:N", legend=legend), channel: encoding(f"{field}:N", legend=legend)}
