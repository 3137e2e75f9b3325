"""Charts of records."""

from collections.abc import Sequence
from functools import cache

import altair as alt

from digitrec.analytics.charts.reliability import reliability_diagram
from digitrec.analytics.charts.spec import HEIGHT, Specification, on_shade, specification

CLICKED = "clicked"
"""The name of the selection that clicks on digits make."""
# A second click on a digit takes it out again: every click changes the selection, so that none goes unnoticed.
_CLICK = alt.selection_point(name=CLICKED, fields=["digit"], on="click", toggle="true", clear=False)
_IF_CHOSEN = alt.condition("datum.chosen", alt.value(1), alt.value(0.25))
_LEGEND = alt.Legend(orient="top", title=None)
_WITH_LEGEND = 330
_EVERY_LABEL = alt.Axis(labelOverlap=False, labelFlush=False)
_DIGITS = alt.Scale(domain=list("0123456789"))
_DIGIT = alt.X("digit:N", title="Digit", scale=_DIGITS, axis=alt.Axis(labelAngle=0, labelFlush=False))
_RECORDS = alt.Y("records:Q", title="Records", axis=alt.Axis(tickMinStep=1, format="~s"))
_SHADE = alt.Color(
    "records:Q",
    title="Records",
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
_CLOCK = {"hour": "%-H:%M", "day": "%-d %b", "week": "%-d %b %Y"}


@cache
def records_by_time(unit: str) -> Specification:
    """How much was drawn; shows ``start``, ``end`` and ``records`` of each ``unit``."""
    return specification(
        alt.Chart(title=f"How much was drawn each {unit}?", height=HEIGHT)
        .mark_rect(x2Offset=-1)
        .encode(
            x=_start(unit), x2="end:T", y=_RECORDS, y2=alt.datum(0), tooltip=[*_when(unit), alt.Tooltip("records:Q")]
        )
    )


@cache
def digits_by_time(unit: str) -> Specification:
    """When each digit was read; shows ``start``, ``end``, ``digit``, ``chosen`` and ``records``."""
    return specification(
        alt.Chart(title="When was which digit read?", height=_WITH_LEGEND)
        .mark_rect(cursor="pointer", x2Offset=-1)
        .encode(
            x=_start(unit),
            x2="end:T",
            y=alt.Y("digit:N", title="Digit", scale=_DIGITS, axis=_EVERY_LABEL),
            color=_SHADE,
            opacity=_IF_CHOSEN,
            tooltip=["digit:N", *_when(unit), "records:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def digits(verdicts: Sequence[str]) -> Specification:
    """How often each digit was read; shows ``digit``, ``verdict`` (one of these), ``chosen`` and ``records``."""
    return specification(
        alt.Chart(title="Which digits were read?", height=_WITH_LEGEND)
        .mark_bar(cursor="pointer")
        .encode(
            x=_DIGIT,
            y=_RECORDS,
            color=_verdict(verdicts),
            stroke=_outline(verdicts),
            fillOpacity=_solidity(verdicts),
            opacity=_IF_CHOSEN,
            tooltip=["digit:N", "verdict:N", "records:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def confidence_by_digit(bands: Sequence[str]) -> Specification:
    """How sure the network was of each digit; shows ``digit``, ``confidence`` (a band), ``chosen`` and ``records``."""
    return specification(
        alt.Chart(title="How sure was the network of each digit?", height=_WITH_LEGEND)
        .mark_rect(cursor="pointer")
        .encode(
            x=_DIGIT,
            y=_band(bands),
            color=_SHADE,
            opacity=_IF_CHOSEN,
            tooltip=["digit:N", "confidence:N", "records:Q"],
        )
        .add_params(_CLICK)
    )


@cache
def confidence(bands: Sequence[str], verdicts: Sequence[str]) -> Specification:
    """How confidence is spread; shows ``confidence`` (a band), ``verdict`` (one of these) and ``records``."""
    return specification(
        alt.Chart(title="How sure was it, verdict by verdict?", height=_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("records:Q", title="Records", axis=alt.Axis(tickMinStep=1, format="~s")),
            y=_band(bands),
            color=_verdict(verdicts),
            stroke=_outline(verdicts),
            fillOpacity=_solidity(verdicts),
            tooltip=["verdict:N", "confidence:N", "records:Q"],
        )
    )


@cache
def confusion(classes: Sequence[str]) -> Specification:
    """What was taken for what; shows ``truth`` and ``digit`` (of these), ``chosen`` and ``records``."""
    scale = alt.Scale(domain=list(classes))
    axis = alt.Axis(
        labelAngle=0,
        labelOverlap=False,
        labelFlush=False,
        labelExpr="length(datum.label) > 1 ? 'none' : datum.label",
    )
    base = alt.Chart().encode(
        x=alt.X("digit:N", title="Read as", scale=scale, axis=axis),
        y=alt.Y("truth:N", title="Really", scale=scale, axis=axis),
        opacity=_IF_CHOSEN,
    )
    cells = (
        base.mark_rect(cursor="pointer")
        .encode(
            color=_SHADE,
            tooltip=[alt.Tooltip("truth:N", title="really"), alt.Tooltip("digit:N", title="read as"), "records:Q"],
        )
        .add_params(_CLICK)
    )
    return specification(
        alt.layer(
            cells,
            base.mark_text(color=on_shade("records"), aria=False).encode(text="records:Q"),
            title="What was read, and what was it really?",
            height=420,
        )
    )


@cache
def reliability() -> Specification:
    """Whether confidence is earned; shows ``confidence``, ``accuracy`` and ``records``."""
    return reliability_diagram(420, "records")


@cache
def milliseconds_by_time(unit: str) -> Specification:
    """How long reading took; shows ``start``, ``measure`` and ``milliseconds``."""
    return specification(
        alt.Chart(title="How long did reading take?", height=_WITH_LEGEND)
        .mark_line(point=True)
        .encode(
            x=_start(unit),
            # A photograph takes a hundred times as long as a drawing.
            y=alt.Y("milliseconds:Q", title="Milliseconds, log scale", scale=alt.Scale(type="log")),
            color=alt.Color("measure:N", legend=alt.Legend(orient="top", title=None, symbolType="stroke"), sort=None),
            strokeDash=alt.StrokeDash("measure:N", sort=None),
            tooltip=["measure:N", *_when(unit), alt.Tooltip("milliseconds:Q", format=".2f")],
        )
    )


@cache
def sources(names: Sequence[str]) -> Specification:
    """How drawings came in; shows ``source`` (one of these) and ``records``."""
    return specification(
        alt.Chart(title="How were they entered?", height=_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("records:Q", title="Records", axis=alt.Axis(tickMinStep=1, format="~s")),
            y=alt.Y("source:N", title=None, scale=alt.Scale(domain=list(names))),
            tooltip=["source:N", "records:Q"],
        )
    )


@cache
def numbers_by_time(unit: str) -> Specification:
    """How many numbers were read; shows what ``records_by_time`` does."""
    return {**records_by_time(unit), "title": f"How many numbers were read each {unit}?"}


@cache
def confidence_in_numbers(bands: Sequence[str], verdicts: Sequence[str]) -> Specification:
    """How confidence in numbers is spread; shows what ``confidence`` does."""
    return {**confidence(bands, verdicts), "title": "How sure was it of whole numbers?"}


@cache
def reliability_of_numbers() -> Specification:
    """Whether confidence in numbers is earned; shows what ``reliability`` does."""
    return {**reliability(), "title": "When it says 80 % of a whole number, is it right in 80 %?"}


@cache
def exact_by_length() -> Specification:
    """How many numbers of each length are right; shows ``length``, ``accuracy`` and ``records``, which it rests on."""
    return specification(
        alt.Chart(title="Are longer numbers read wrong more often?", height=_WITH_LEGEND)
        .transform_calculate(rests="datum.length + ' (of ' + datum.records + ')'")
        .mark_bar()
        .encode(
            x=alt.X(
                "rests:N",
                title="Digits (of how many numbers)",
                sort=alt.SortField("length"),
                axis=alt.Axis(labelAngle=0, labelFlush=False),
            ),
            y=alt.Y("accuracy:Q", title="Without a mistake", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                alt.Tooltip("length:O", title="digits"),
                alt.Tooltip("accuracy:Q", title="without a mistake", format=".1%"),
                "records:Q",
            ],
        )
    )


@cache
def lengths(verdicts: Sequence[str]) -> Specification:
    """How long numbers are; shows ``length``, ``verdict`` (one of these) and ``records``."""
    return specification(
        alt.Chart(title="How long are the numbers?", height=_WITH_LEGEND)
        .mark_bar()
        .encode(
            x=alt.X("length:O", title="Digits", axis=alt.Axis(labelAngle=0, labelFlush=False)),
            y=_RECORDS,
            color=_verdict(verdicts),
            stroke=_outline(verdicts),
            fillOpacity=_solidity(verdicts),
            tooltip=[alt.Tooltip("length:O", title="digits"), "verdict:N", "records:Q"],
        )
    )


@cache
def hours(weekdays: Sequence[str]) -> Specification:
    """When in the week most is drawn; shows ``weekday`` (one of these), ``hour`` and ``records``."""
    return specification(
        alt.Chart(title="When in the week is most drawn?", height=_WITH_LEGEND)
        .mark_rect()
        .encode(
            x=alt.X(
                "hour:O",
                title="Hour of the day",
                scale=alt.Scale(domain=list(range(24))),
                axis=alt.Axis(labelAngle=0, labelFlush=False, values=list(range(0, 24, 3))),
            ),
            y=alt.Y("weekday:N", title=None, scale=alt.Scale(domain=list(weekdays))),
            color=_SHADE,
            tooltip=["weekday:N", "hour:O", "records:Q"],
        )
    )


def _start(unit: str) -> alt.X:
    # Few days have ticks within them, too, which are not to tell the day once more.
    label = f"timeFormat(datum.value, '{_CLOCK[unit]}')"
    label = label if unit == "hour" else f"hours(datum.value) ? '' : {label}"
    return alt.X("start:T", title=None, axis=alt.Axis(labelExpr=label, labelOverlap=True))


def _when(unit: str) -> list[alt.Tooltip]:
    format = "%Y-%m-%d %H:%M" if unit == "hour" else "%Y-%m-%d"
    return [alt.Tooltip("start:T", title="from", format=format), alt.Tooltip("end:T", title="to", format=format)]


def _band(names: Sequence[str]) -> alt.Y:
    return alt.Y("confidence:N", title="Confidence", scale=alt.Scale(domain=list(reversed(names))), axis=_EVERY_LABEL)


def _outline(names: Sequence[str]) -> alt.Stroke:
    return alt.Stroke("verdict:N", scale=alt.Scale(domain=list(names)), legend=_LEGEND)


def _solidity(names: Sequence[str]) -> alt.FillOpacity:
    # What is less sure is less solid, for whom colours say nothing.
    solidity = [1.0, 0.4, 0.0][: len(names)]
    return alt.FillOpacity("verdict:N", scale=alt.Scale(domain=list(names), range=solidity), legend=_LEGEND)


def _verdict(names: Sequence[str]) -> alt.Color:
    return alt.Color("verdict:N", scale=alt.Scale(domain=list(names)), legend=_LEGEND)
