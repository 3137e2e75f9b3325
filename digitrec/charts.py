"""Charts of records: data in, Altair chart out."""

import altair as alt
import pandas as pd

HEIGHT = 260
_PERCENT = alt.Axis(format="%")


def label_counts(labels: pd.DataFrame) -> alt.Chart:
    """How often each digit was read; takes ``label``, ``verdict`` and ``records``."""
    chart: alt.Chart = (
        alt.Chart(labels, title="Which digits were read?", height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("label:N", title="Digit", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("sum(records):Q", title="Records", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("verdict:N", title="Verdict", sort=["digit", "unsure"]),
            tooltip=["label:N", "verdict:N", alt.Tooltip("sum(records):Q", title="records")],
        )
    )
    return chart


def confidence_by_label(labels: pd.DataFrame, bins: int) -> alt.Chart:
    """How sure the network was of each digit; takes ``label``, ``bin`` (0 to ``bins`` - 1) and ``records``."""
    frame = labels.groupby(["label", "bin"], as_index=False)["records"].sum()
    frame["from"] = frame["bin"] / bins
    frame["to"] = (frame["bin"] + 1) / bins
    chart: alt.Chart = (
        alt.Chart(frame, title="How sure was the network of each digit?", height=HEIGHT)
        .mark_rect()
        .encode(
            x=alt.X("label:N", title="Digit", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("from:Q", title="Confidence", axis=_PERCENT, scale=alt.Scale(domain=[0, 1])),
            y2="to:Q",
            color=alt.Color("records:Q", title="Records", scale=alt.Scale(type="symlog")),
            tooltip=[
                "label:N",
                alt.Tooltip("from:Q", format=".0%"),
                alt.Tooltip("to:Q", format=".0%"),
                "records:Q",
            ],
        )
    )
    return chart


def records_per_day(days: pd.DataFrame) -> alt.Chart:
    """How much was drawn on each day; takes ``day`` and ``records``."""
    chart: alt.Chart = (
        alt.Chart(days, title="How much was drawn each day?", height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True)),
            y=alt.Y("records:Q", title="Records", axis=alt.Axis(tickMinStep=1)),
            tooltip=[alt.Tooltip("day:T", format="%Y-%m-%d"), "records:Q"],
        )
    )
    return chart


def confidence_per_day(days: pd.DataFrame) -> alt.Chart:
    """The average confidence of each day; takes ``day`` and ``confidence``."""
    return _line(days, "How sure was the network on average?", "confidence", "Average confidence", "%")


def milliseconds_per_day(days: pd.DataFrame) -> alt.Chart:
    """The average processing time of each day; takes ``day`` and ``milliseconds``."""
    return _line(days, "How long did reading take?", "milliseconds", "Average milliseconds", ".1f")


def _line(days: pd.DataFrame, title: str, field: str, axis_title: str, number: str) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(days, title=title, height=HEIGHT)
        .mark_line(point=True)
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True)),
            y=alt.Y(f"{field}:Q", title=axis_title, axis=alt.Axis(format=number)),
            tooltip=[alt.Tooltip("day:T", format="%Y-%m-%d"), alt.Tooltip(f"{field}:Q", format=number)],
        )
    )
    return chart
