"""Charts of records."""

from functools import cache

import altair as alt

from digitrec.charts.specification import HEIGHT, Specification, specification

_DAY = alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))
_DAY_TOOLTIP = alt.Tooltip("day:T", format="%Y-%m-%d")


@cache
def label_counts() -> Specification:
    """How often each digit was read; shows ``label``, ``verdict`` and ``records``."""
    return specification(
        alt.Chart(title="Which digits were read?", height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("label:N", title="Digit", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("sum(records):Q", title="Records", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("verdict:N", title="Verdict", sort=["digit", "unsure"]),
            tooltip=["label:N", "verdict:N", alt.Tooltip("sum(records):Q", title="records")],
        )
    )


@cache
def confidence_by_label(bins: int) -> Specification:
    """How sure the network was of each digit; shows ``label``, ``bin`` (0 to ``bins`` - 1) and ``records``."""
    return specification(
        alt.Chart(title="How sure was the network of each digit?", height=HEIGHT)
        .transform_aggregate(records="sum(records)", groupby=["label", "bin"])
        .transform_calculate(least=f"datum.bin / {bins}", most=f"(datum.bin + 1) / {bins}")
        .mark_rect()
        .encode(
            x=alt.X("label:N", title="Digit", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("least:Q", title="Confidence", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            y2="most:Q",
            color=alt.Color("records:Q", title="Records", scale=alt.Scale(type="symlog")),
            tooltip=[
                "label:N",
                alt.Tooltip("least:Q", title="from", format=".0%"),
                alt.Tooltip("most:Q", title="to", format=".0%"),
                "records:Q",
            ],
        )
    )


@cache
def records_per_day() -> Specification:
    """How much was drawn on each day; shows ``day`` and ``records``."""
    return specification(
        alt.Chart(title="How much was drawn each day?", height=HEIGHT)
        .mark_bar()
        .encode(
            x=_DAY,
            y=alt.Y("records:Q", title="Records", axis=alt.Axis(tickMinStep=1)),
            tooltip=[_DAY_TOOLTIP, "records:Q"],
        )
    )


@cache
def confidence_per_day() -> Specification:
    """The average confidence of each day; shows ``day`` and ``confidence``."""
    return _line("How sure was the network on average?", "confidence", "Average confidence", "%")


@cache
def milliseconds_per_day() -> Specification:
    """The average processing time of each day; shows ``day`` and ``milliseconds``."""
    return _line("How long did reading take?", "milliseconds", "Average milliseconds", ".1f")


def _line(title: str, field: str, axis_title: str, number: str) -> Specification:
    return specification(
        alt.Chart(title=title, height=HEIGHT)
        .mark_line(point=True)
        .encode(
            x=_DAY,
            y=alt.Y(f"{field}:Q", title=axis_title, axis=alt.Axis(format=number)),
            tooltip=[_DAY_TOOLTIP, alt.Tooltip(f"{field}:Q", format=number)],
        )
    )
