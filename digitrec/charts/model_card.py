"""Charts of models, from their cards."""

from functools import cache

import altair as alt

from digitrec.charts.specification import HEIGHT, Specification, specification

_MISTAKES = alt.Scale(type="symlog", constant=0.001)


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
    return specification(cells)


@cache
def recall_by_digit() -> Specification:
    """How much of each digit models read right; shows ``digit``, ``wrong`` (a share) and ``model``."""
    return specification(
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
    return specification(
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
    return specification(
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
    return specification(
        alt.Chart(height=180)
        .mark_line(point=True)
        .encode(
            x=alt.X("to:N", title=None, sort=None, axis=alt.Axis(labelAngle=-30)),
            y=alt.Y("accuracy:Q", title="Right", axis=alt.Axis(format=".1%"), scale=alt.Scale(zero=False)),
            color=alt.Color("model:N", title="Model"),
            tooltip=["model:N", "to:N", alt.Tooltip("accuracy:Q", format=".2%")],
        )
    )
