"""Charts of records and models: Vega-Lite specifications that Altair makes once; the data comes with each showing."""

from functools import cache
from typing import Any

import altair as alt

Specification = dict[str, Any]

HEIGHT = 260


@cache
def label_counts() -> Specification:
    """How often each digit was read; shows ``label``, ``verdict`` and ``records``."""
    return _specification(
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
    return _specification(
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
    return _specification(
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


@cache
def confusion() -> Specification:
    """What was read for each digit; shows ``digit``, ``read``, ``digits`` and ``share`` of that digit."""
    cells = (
        alt.Chart(title="Which digits are taken for which?", height=320)
        .mark_rect()
        .encode(
            x=alt.X("read:O", title="Read as", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("digit:O", title="Is a"),
            color=alt.Color("mistaken:Q", title="Mistaken", legend=None, scale=_MISTAKES),
            tooltip=["digit:O", "read:O", "digits:Q", alt.Tooltip("share:Q", format=".2%")],
        )
        .transform_calculate(mistaken="datum.digit == datum.read ? 0 : datum.share")
    )
    return _specification(cells)


@cache
def recall_by_digit() -> Specification:
    """How much of each digit models read right; shows ``digit``, ``wrong`` (a share) and ``model``."""
    return _specification(
        alt.Chart(title="How much of each digit is read wrong?", height=HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("digit:O", title="Digit", axis=alt.Axis(labelAngle=0)),
            xOffset="model:N",
            y=alt.Y("wrong:Q", title="Read wrong", axis=alt.Axis(format=".1%")),
            color=alt.Color("model:N", title="Model"),
            tooltip=["model:N", "digit:O", alt.Tooltip("wrong:Q", format=".2%")],
        )
    )


@cache
def reliability() -> Specification:
    """Whether confidence is earned; shows ``confidence``, ``accuracy``, ``digits`` and ``model``."""
    axis = alt.Axis(format="%")
    whole = alt.Scale(domain=[0, 1])
    return _specification(
        alt.Chart(title="When it says 80 %, is it right in 80 %?", height=HEIGHT)
        .mark_line(point=alt.OverlayMarkDef(size=60))
        .encode(
            x=alt.X("confidence:Q", title="Confidence", axis=axis, scale=whole),
            y=alt.Y("accuracy:Q", title="Right", axis=axis, scale=whole),
            color=alt.Color("model:N", title="Model"),
            strokeDash=alt.StrokeDash("model:N", legend=None),
            tooltip=[
                "model:N",
                alt.Tooltip("confidence:Q", format=".1%"),
                alt.Tooltip("accuracy:Q", format=".1%"),
                "digits:Q",
            ],
        )
    )


@cache
def training_curves() -> Specification:
    """How training went; shows ``epoch``, ``measure`` and ``value``."""
    return _specification(
        alt.Chart(title="How did training go?", height=HEIGHT)
        .mark_line()
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("value:Q", title="Loss (log scale)", scale=alt.Scale(type="log")),
            color=alt.Color("measure:N", title="Measure"),
            tooltip=["measure:N", "epoch:Q", alt.Tooltip("value:Q", format=".4f")],
        )
    )


@cache
def robustness() -> Specification:
    """How much drawing otherwise costs; shows ``to`` (in its order), ``accuracy`` and ``model``."""
    return _specification(
        alt.Chart(height=180)
        .mark_line(point=True)
        .encode(
            x=alt.X("to:N", title=None, sort=None, axis=alt.Axis(labelAngle=-30)),
            y=alt.Y("accuracy:Q", title="Right", axis=alt.Axis(format=".1%"), scale=alt.Scale(zero=False)),
            color=alt.Color("model:N", title="Model"),
            tooltip=["model:N", "to:N", alt.Tooltip("accuracy:Q", format=".2%")],
        )
    )


_MISTAKES = alt.Scale(type="symlog", constant=0.001)
_DAY = alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))
_DAY_TOOLTIP = alt.Tooltip("day:T", format="%Y-%m-%d")


def _line(title: str, field: str, axis_title: str, number: str) -> Specification:
    return _specification(
        alt.Chart(title=title, height=HEIGHT)
        .mark_line(point=True)
        .encode(
            x=_DAY,
            y=alt.Y(f"{field}:Q", title=axis_title, axis=alt.Axis(format=number)),
            tooltip=[_DAY_TOOLTIP, alt.Tooltip(f"{field}:Q", format=number)],
        )
    )


def _specification(chart: alt.Chart) -> Specification:
    # An empty list of rows stands for the data, which Altair will not do without.
    chart.data = alt.InlineData(values=[])
    specification: Specification = chart.to_dict()
    return {key: value for key, value in specification.items() if key not in ("data", "datasets", "config")}
