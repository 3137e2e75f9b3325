"""Charts of the statistics of predictions."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from digitrec.analytics.charts.common import HEIGHT, LEVEL, Chart, on_shade, reliability_diagram, specification, tooltip

CLICKED = "clicked"  # Name of the selection that clicks on digits change.
# A second click on a digit deselects it, so that every click changes the selection and triggers a rerun.
_CLICK = alt.selection_point(name=CLICKED, fields=["digit"], on="click", toggle="true", clear=False)
_FADED_UNLESS_SELECTED = alt.condition("datum.selected", alt.value(1), alt.value(0.25))
_HEIGHT = HEIGHT + 70  # The legend takes the difference.
_MATRIX_HEIGHT = 420
_ALL_LABELS = alt.Axis(labelOverlap=False, labelFlush=False)
_DIGITS = alt.Scale(domain=list("0123456789"))
_DIGIT = alt.X("digit:N", title="Digit", scale=_DIGITS, axis=LEVEL)
_COUNT = tooltip("predictions:Q")
_COUNT_AXIS = alt.Axis(tickMinStep=1, tickCount=5, format="~s")
# On a phone, three verdicts don't fit in a row beside the names of the confidence bands. The width of the chart itself
# depends on the legend.
_VERDICT_LEGEND = alt.Legend(orient="top", title=None, columns=alt.expr("containerSize()[0] < 400 ? 2 : 3"))
_WIDTH = alt.X("predictions:Q", title="Predictions", axis=_COUNT_AXIS)
_PREDICTIONS = alt.Y("predictions:Q", title="Predictions", axis=_COUNT_AXIS)
_COLOR_LEGEND = alt.Legend(
    orient="top",
    direction="horizontal",
    titleOrient="left",
    gradientLength=120,
    gradientThickness=10,
    tickCount=2,
    format="~s",
)
_SHADE = alt.Color("predictions:Q", title="Predictions", scale=alt.Scale(type="symlog"), legend=_COLOR_LEGEND)
_TIME_FORMATS = {"hour": "%-H:%M", "day": "%b %-d", "week": "%b %-d, %Y"}


@specification
def predictions_by_time(unit: str, title: str = "Predictions over time") -> Chart:
    """Return a bar chart of ``start``, ``end`` and ``predictions`` per ``unit``."""
    return (
        alt.Chart(title=title, height=HEIGHT)
        .mark_rect(x2Offset=-1)
        .encode(
            **_time(unit),
            y=alt.Y("predictions:Q", title=f"Predictions per {unit}", axis=_COUNT_AXIS),
            y2=alt.datum(0),
        )
    )


@specification
def digits_by_time(unit: str) -> Chart:
    """Return a heat map of ``start``, ``end``, ``digit``, ``selected`` and ``predictions``."""
    digit = alt.Y("digit:N", title="Digit", scale=_DIGITS, axis=_ALL_LABELS)
    chart = _clickable(alt.Chart(title="Digits over time", height=_HEIGHT).mark_rect(cursor="pointer", x2Offset=-1))
    return chart.encode(**_time(unit, tooltip("digit:N")), y=digit, color=_SHADE)


@specification
def digits(verdicts: Sequence[str]) -> Chart:
    """Return a bar chart of ``digit``, ``verdict`` (one of ``verdicts``), ``selected`` and ``predictions``."""
    chart = _clickable(alt.Chart(title="Digits by verdict", height=_HEIGHT).mark_bar(cursor="pointer"))
    tooltips = [tooltip("digit:N"), tooltip("verdict:N"), _COUNT]
    return chart.encode(x=_DIGIT, y=_PREDICTIONS, **_by_verdict(verdicts), tooltip=tooltips)


@specification
def confidence_by_digit(bands: Sequence[str]) -> Chart:
    """Return a heat map of ``digit``, ``confidence`` (one of ``bands``), ``selected`` and ``predictions``."""
    chart = _clickable(alt.Chart(title="Confidence by digit", height=_HEIGHT).mark_rect(cursor="pointer"))
    tooltips = [tooltip("digit:N"), tooltip("confidence:N"), _COUNT]
    return chart.encode(x=_DIGIT, y=_band(bands), color=_SHADE, tooltip=tooltips)


@specification
def confidence(bands: Sequence[str], verdicts: Sequence[str], title: str = "Confidence by verdict") -> Chart:
    """Return a bar chart of ``confidence`` (of ``bands``), ``verdict`` (of ``verdicts``) and ``predictions``."""
    chart = alt.Chart(title=title, height=_HEIGHT).mark_bar()
    tooltips = [tooltip("verdict:N"), tooltip("confidence:N"), _COUNT]
    return chart.encode(x=_WIDTH, y=_band(bands), **_by_verdict(verdicts), tooltip=tooltips)


@specification
def confusion(classes: Sequence[str]) -> Chart:
    """Return a confusion matrix of ``label`` and ``digit`` (of ``classes``), ``selected`` and ``predictions``."""
    scale = alt.Scale(domain=list(classes))
    short = "length(datum.label) > 1 ? '✕' : datum.label"
    axis = alt.Axis(labelAngle=0, labelOverlap=False, labelFlush=False, labelExpr=short)
    base = alt.Chart().encode(
        x=alt.X("digit:N", title="Predicted", scale=scale, axis=axis),
        y=alt.Y("label:N", title="Label", scale=scale, axis=axis),
        opacity=_FADED_UNLESS_SELECTED,
    )
    tooltips = [tooltip("label:N"), tooltip("digit:N", "predicted"), _COUNT]
    cells = base.mark_rect(cursor="pointer").encode(color=_SHADE, tooltip=tooltips).add_params(_CLICK)
    counts = base.mark_text(color=on_shade("predictions"), aria=False).encode(text="predictions:Q")
    return alt.layer(cells, counts, title="Confusion matrix", height=_MATRIX_HEIGHT)


@specification
def reliability(title: str = "Reliability diagram") -> Chart:
    """Return a reliability diagram of ``confidence``, ``accuracy`` and ``predictions``."""
    return reliability_diagram(title, _MATRIX_HEIGHT, "predictions")


@specification
def processing_time(unit: str) -> Chart:
    """Return a line chart of ``start``, ``end``, ``measure`` and ``milliseconds``."""
    time = _time(unit, tooltip("measure:N"), value=tooltip("milliseconds:Q", format=".2f"))
    return (
        alt.Chart(title="Processing time", height=_HEIGHT)
        .mark_line(point=True)
        .encode(
            x=time["x"],
            tooltip=time["tooltip"],
            # A photo takes a hundred times as long as a drawing.
            y=alt.Y("milliseconds:Q", title="Milliseconds (log scale)", scale=alt.Scale(type="log")),
            color=alt.Color("measure:N", legend=alt.Legend(orient="top", title=None, symbolType="stroke"), sort=None),
            strokeDash=alt.StrokeDash("measure:N", sort=None),
        )
    )


@specification
def input_methods(names: Sequence[str]) -> Chart:
    """Return a bar chart of ``input_method`` (one of ``names``) and ``predictions``."""
    method = alt.Y("input_method:N", title=None, scale=alt.Scale(domain=list(names)))
    chart = alt.Chart(title="Input methods", height=_HEIGHT).mark_bar()
    return chart.encode(x=_WIDTH, y=method, tooltip=[tooltip("input_method:N", "input"), _COUNT])


@specification
def exact_match() -> Chart:
    """Return a bar chart of ``length`` of the label, ``accuracy`` and ``predictions``."""
    title = "Digits in the label (number of labels)"
    return (
        alt.Chart(title="Exact match by length", height=_HEIGHT)
        .transform_calculate(label="datum.length + ' (' + datum.predictions + ')'")
        .mark_bar()
        .encode(
            x=alt.X("label:N", title=title, sort=alt.SortField("length"), axis=LEVEL),
            y=alt.Y("accuracy:Q", title="Exact match", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=[tooltip("length:O", "digits"), tooltip("accuracy:Q", "exact match", format=".1%"), _COUNT],
        )
    )


@specification
def number_lengths(verdicts: Sequence[str]) -> Chart:
    """Return a bar chart of ``length``, ``verdict`` (one of ``verdicts``) and ``predictions``."""
    length = alt.X("length:O", title="Digits", axis=LEVEL)
    chart = alt.Chart(title="Length of numbers", height=_HEIGHT).mark_bar()
    tooltips = [tooltip("length:O", "digits"), tooltip("verdict:N"), _COUNT]
    return chart.encode(x=length, y=_PREDICTIONS, **_by_verdict(verdicts), tooltip=tooltips)


@specification
def hours(weekdays: Sequence[str]) -> Chart:
    """Return a heat map of ``weekday`` (one of ``weekdays``), ``hour`` and ``predictions``."""
    axis = alt.Axis(labelAngle=0, labelFlush=False, values=list(range(0, 24, 3)))
    hour = alt.X("hour:O", title="Hour of the day", scale=alt.Scale(domain=list(range(24))), axis=axis)
    weekday = alt.Y("weekday:N", title=None, scale=alt.Scale(domain=list(weekdays)), axis=_ALL_LABELS)
    chart = alt.Chart(title="Predictions by weekday and hour", height=_HEIGHT).mark_rect()
    return chart.encode(x=hour, y=weekday, color=_SHADE, tooltip=[tooltip("weekday:N"), tooltip("hour:O"), _COUNT])


def _clickable(chart: Chart) -> Chart:
    return chart.encode(opacity=_FADED_UNLESS_SELECTED).add_params(_CLICK)


def _time(unit: str, *first: alt.Tooltip, value: alt.Tooltip = _COUNT) -> dict[str, Any]:
    """Encode the time from ``start`` to ``end``; the tooltip shows the fields ``first``, the time and ``value``."""
    # Ticks within a day get no label: it would repeat the day.
    label = f"timeFormat(datum.value, '{_TIME_FORMATS[unit]}')"
    label = label if unit == "hour" else f"hours(datum.value) ? '' : {label}"
    format = "%b %-d, %Y, %-H:%M" if unit == "hour" else "%b %-d, %Y"
    ends = [tooltip("start:T", "from", format=format), tooltip("end:T", "to", format=format)]
    start = alt.X("start:T", title=None, axis=alt.Axis(labelExpr=label, labelOverlap=True))
    return {"x": start, "x2": "end:T", "tooltip": [*first, *ends, value]}


def _band(names: Sequence[str]) -> alt.Y:
    return alt.Y("confidence:N", title="Confidence", scale=alt.Scale(domain=list(reversed(names))), axis=_ALL_LABELS)


def _by_verdict(names: Sequence[str]) -> dict[str, Any]:
    # The less confident, the less solid, so that color is never the only cue.
    opacity = alt.Scale(domain=list(names), range=[1.0, 0.4, 0.0][: len(names)])
    scale = alt.Scale(domain=list(names))
    return {
        "color": alt.Color("verdict:N", scale=scale, legend=_VERDICT_LEGEND),
        "stroke": alt.Stroke("verdict:N", scale=scale, legend=_VERDICT_LEGEND),
        "fillOpacity": alt.FillOpacity("verdict:N", scale=opacity, legend=_VERDICT_LEGEND),
    }
