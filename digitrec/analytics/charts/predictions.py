"""Charts of the statistics of predictions."""

from collections.abc import Sequence
from functools import cache

import altair as alt

from digitrec.analytics.charts.reliability import reliability_diagram
from digitrec.analytics.charts.spec import HEIGHT, Specification, on_shade, specification

CLICKED = "clicked"
"""Name of the selection that clicks on digits change."""
# A second click on a digit deselects it, so that every click changes the selection and triggers a rerun.
_CLICK = alt.selection_point(name=CLICKED, fields=["digit"], on="click", toggle="true", clear=False)
_FADED_UNLESS_SELECTED = alt.condition("datum.selected", alt.value(1), alt.value(0.25))
_LEGEND = alt.Legend(orient="top", title=None)
_HEIGHT_WITH_LEGEND = 330
_ALL_LABELS = alt.Axis(labelOverlap=False, labelFlush=False)
_DIGITS = alt.Scale(domain=list("0123456789"))
_DIGIT = alt.X("digit:N", title="Digit", scale=_DIGITS, axis=alt.Axis(labelAngle=0, labelFlush=False))
_COUNT_AXIS = alt.Axis(tickMinStep=1, format="~s")
_PREDICTIONS = alt.Y("predictions:Q", title="Predictions", axis=_COUNT_AXIS)
_COLOR_SCALE = alt.Color(
    "predictions:Q",
    title="Predictions",
    scale=alt.Scale(type="symlog"),
    legend=alt.Legend(
        orient="top",
        direction="horizontal",
        titleOrient="left",
        gradientLength=120,
        gradientThickness=10,
        tickCount=3,
        format="~s",
    ),
)
_TIME_FORMATS = {"hour": "%-H:%M", "day": "%-d %b", "week": "%-d %b %Y"}


@cache
def predictions_by_time(unit: str) -> Specification:
    """Return a bar chart of ``start``, ``end`` and ``predictions`` per ``unit``."""
    return specification(
        alt.Chart(title="Predictions over time", height=HEIGHT)
        .mark_rect(x2Offset=-1)
        .encode(
            x=_start(unit),
            x2="end:T",
            y=alt.Y("predictions:Q", title=f"Predictions per {unit}", axis=_COUNT_AXIS),
            y2=alt.datum(0),
            tooltip=[*_time_tooltips(unit), "predictions:Q"],
        )
    )


@cache
def digits_by_time(unit: str) -> Specification:
    """Return a heat map of ``start``, ``end``, ``digit``, ``selected`` and ``predictions``."""
    return specification(
        alt.Chart(title="Digits over time", height=_HEIGHT_WITH_LEGEND)
        .mark_rect(cursor="pointer", x2Offset=-1)
        .encode(
            x=_start(unit),
            x2="end:T",
            y=alt.Y("digit:N", title="Digit", scale=_DIGITS, axis=_ALL_LABELS),
            color=_COLOR_SCALE,
            opacity=_FADED_UNLESS_SELECTED,
            tooltip=["digit:N", *_time_tooltips(unit), "predictions:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def digits(verdicts: Sequence[str]) -> Specification:
    """Return a bar chart of ``digit``, ``verdict`` (one of ``verdicts``), ``selected`` and ``predictions``."""
    return specification(
        alt.Chart(title="Digits by verdict", height=_HEIGHT_WITH_LEGEND)
        .mark_bar(cursor="pointer")
        .encode(
            x=_DIGIT,
            y=_PREDICTIONS,
            color=_verdict_color(verdicts),
            stroke=_verdict_stroke(verdicts),
            fillOpacity=_verdict_opacity(verdicts),
            opacity=_FADED_UNLESS_SELECTED,
            tooltip=["digit:N", "verdict:N", "predictions:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def confidence_by_digit(bands: Sequence[str]) -> Specification:
    """Return a heat map of ``digit``, ``confidence`` (one of ``bands``), ``selected`` and ``predictions``."""
    return specification(
        alt.Chart(title="Confidence by digit", height=_HEIGHT_WITH_LEGEND)
        .mark_rect(cursor="pointer")
        .encode(
            x=_DIGIT,
            y=_band(bands),
            color=_COLOR_SCALE,
            opacity=_FADED_UNLESS_SELECTED,
            tooltip=["digit:N", "confidence:N", "predictions:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def confidence(bands: Sequence[str], verdicts: Sequence[str]) -> Specification:
    """Return a bar chart of ``confidence`` (of ``bands``), ``verdict`` (of ``verdicts``) and ``predictions``."""
    return specification(
        alt.Chart(title="Confidence by verdict", height=_HEIGHT_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("predictions:Q", title="Predictions", axis=_COUNT_AXIS),
            y=_band(bands),
            color=_verdict_color(verdicts),
            stroke=_verdict_stroke(verdicts),
            fillOpacity=_verdict_opacity(verdicts),
            tooltip=["verdict:N", "confidence:N", "predictions:Q"],
        )
    )


@cache
def confusion(classes: Sequence[str]) -> Specification:
    """Return a confusion matrix of ``label`` and ``digit`` (of ``classes``), ``selected`` and ``predictions``."""
    scale = alt.Scale(domain=list(classes))
    axis = alt.Axis(
        labelAngle=0,
        labelOverlap=False,
        labelFlush=False,
        labelExpr="length(datum.label) > 1 ? 'none' : datum.label",
    )
    base = alt.Chart().encode(
        x=alt.X("digit:N", title="Predicted", scale=scale, axis=axis),
        y=alt.Y("label:N", title="Label", scale=scale, axis=axis),
        opacity=_FADED_UNLESS_SELECTED,
    )
    cells = (
        base.mark_rect(cursor="pointer")
        .encode(
            color=_COLOR_SCALE,
            tooltip=["label:N", alt.Tooltip("digit:N", title="predicted"), "predictions:Q"],
        )
        .add_params(_CLICK)
    )
    return specification(
        alt.layer(
            cells,
            base.mark_text(color=on_shade("predictions"), aria=False).encode(text="predictions:Q"),
            title="Confusion matrix",
            height=420,
        )
    )


@cache
def reliability() -> Specification:
    """Return a reliability diagram of ``confidence``, ``accuracy`` and ``predictions``."""
    return reliability_diagram(420, "predictions")


@cache
def processing_time(unit: str) -> Specification:
    """Return a line chart of ``start``, ``end``, ``measure`` and ``milliseconds``."""
    return specification(
        alt.Chart(title="Processing time", height=_HEIGHT_WITH_LEGEND)
        .mark_line(point=True)
        .encode(
            x=_start(unit),
            # A photo takes a hundred times as long as a drawing.
            y=alt.Y("milliseconds:Q", title="Milliseconds (log scale)", scale=alt.Scale(type="log")),
            color=alt.Color("measure:N", legend=alt.Legend(orient="top", title=None, symbolType="stroke"), sort=None),
            strokeDash=alt.StrokeDash("measure:N", sort=None),
            tooltip=["measure:N", *_time_tooltips(unit), alt.Tooltip("milliseconds:Q", format=".2f")],
        )
    )


@cache
def input_methods(names: Sequence[str]) -> Specification:
    """Return a bar chart of ``input_method`` (one of ``names``) and ``predictions``."""
    return specification(
        alt.Chart(title="Input methods", height=_HEIGHT_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("predictions:Q", title="Predictions", axis=_COUNT_AXIS),
            y=alt.Y("input_method:N", title=None, scale=alt.Scale(domain=list(names))),
            tooltip=["input_method:N", "predictions:Q"],
        )
    )


@cache
def numbers_by_time(unit: str) -> Specification:
    """Return the same chart as ``predictions_by_time``, for numbers."""
    return {**predictions_by_time(unit), "title": "Numbers over time"}


@cache
def number_confidence(bands: Sequence[str], verdicts: Sequence[str]) -> Specification:
    """Return the same chart as ``confidence``, for numbers."""
    return {**confidence(bands, verdicts), "title": "Number confidence by verdict"}


@cache
def number_reliability() -> Specification:
    """Return the same chart as ``reliability``, for numbers."""
    return {**reliability(), "title": "Reliability diagram of numbers"}


@cache
def exact_match() -> Specification:
    """Return a bar chart of ``length`` of the label, ``accuracy`` and ``predictions``."""
    return specification(
        alt.Chart(title="Exact match by length", height=_HEIGHT_WITH_LEGEND)
        .transform_calculate(label="datum.length + ' (' + datum.predictions + ')'")
        .mark_bar()
        .encode(
            x=alt.X(
                "label:N",
                title="Digits in the label (number of labels)",
                sort=alt.SortField("length"),
                axis=alt.Axis(labelAngle=0, labelFlush=False),
            ),
            y=alt.Y("accuracy:Q", title="Exact match", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                alt.Tooltip("length:O", title="digits"),
                alt.Tooltip("accuracy:Q", title="exact match", format=".1%"),
                "predictions:Q",
            ],
        )
    )


@cache
def number_lengths(verdicts: Sequence[str]) -> Specification:
    """Return a bar chart of ``length``, ``verdict`` (one of ``verdicts``) and ``predictions``."""
    return specification(
        alt.Chart(title="Length of numbers", height=_HEIGHT_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("length:O", title="Digits", axis=alt.Axis(labelAngle=0, labelFlush=False)),
            y=_PREDICTIONS,
            color=_verdict_color(verdicts),
            stroke=_verdict_stroke(verdicts),
            fillOpacity=_verdict_opacity(verdicts),
            tooltip=[alt.Tooltip("length:O", title="digits"), "verdict:N", "predictions:Q"],
        )
    )


@cache
def hours(weekdays: Sequence[str]) -> Specification:
    """Return a heat map of ``weekday`` (one of ``weekdays``), ``hour`` and ``predictions``."""
    return specification(
        alt.Chart(title="Predictions by weekday and hour", height=_HEIGHT_WITH_LEGEND)
        .mark_rect()
        .encode(
            x=alt.X(
                "hour:O",
                title="Hour of the day",
                scale=alt.Scale(domain=list(range(24))),
                axis=alt.Axis(labelAngle=0, labelFlush=False, values=list(range(0, 24, 3))),
            ),
            y=alt.Y("weekday:N", title=None, scale=alt.Scale(domain=list(weekdays))),
            color=_COLOR_SCALE,
            tooltip=["weekday:N", "hour:O", "predictions:Q"],
        )
    )


def _start(unit: str) -> alt.X:
    # Ticks within a day get no label: it would repeat the day.
    label = f"timeFormat(datum.value, '{_TIME_FORMATS[unit]}')"
    label = label if unit == "hour" else f"hours(datum.value) ? '' : {label}"
    return alt.X("start:T", title=None, axis=alt.Axis(labelExpr=label, labelOverlap=True))


def _time_tooltips(unit: str) -> list[alt.Tooltip]:
    format = "%Y-%m-%d %H:%M" if unit == "hour" else "%Y-%m-%d"
    return [alt.Tooltip("start:T", title="from", format=format), alt.Tooltip("end:T", title="to", format=format)]


def _band(names: Sequence[str]) -> alt.Y:
    return alt.Y("confidence:N", title="Confidence", scale=alt.Scale(domain=list(reversed(names))), axis=_ALL_LABELS)


def _verdict_stroke(names: Sequence[str]) -> alt.Stroke:
    return alt.Stroke("verdict:N", scale=alt.Scale(domain=list(names)), legend=_LEGEND)


def _verdict_opacity(names: Sequence[str]) -> alt.FillOpacity:
    # The less confident, the less solid, so that color is never the only cue.
    opacities = [1.0, 0.4, 0.0][: len(names)]
    return alt.FillOpacity("verdict:N", scale=alt.Scale(domain=list(names), range=opacities), legend=_LEGEND)


def _verdict_color(names: Sequence[str]) -> alt.Color:
    return alt.Color("verdict:N", scale=alt.Scale(domain=list(names)), legend=_LEGEND)
