"""Whether confidence is earned."""

from typing import Any

import altair as alt

from digitrec.analytics.charts.spec import Specification, specification

_SHARE = alt.Axis(format="%")
_WHOLE = alt.Scale(domain=[0, 1])
_GREY = "#808495"
"""Stands out from white and from near-black alike."""


def reliability_diagram(height: int, count: str, **by: Any) -> Specification:
    """How often it was right by confidence, beside how often it should be (Niculescu-Mizil and Caruana 2005).

    Shows ``confidence``, ``accuracy``, and in the field ``count`` how many they rest on, by the size of the points;
    ``by`` are further encodings.
    """
    found = alt.Chart().encode(
        x=alt.X("confidence:Q", title="Confidence", axis=_SHARE, scale=_WHOLE),
        y=alt.Y("accuracy:Q", title="Right", axis=_SHARE, scale=_WHOLE),
        **by,
    )
    points = found.mark_point(filled=True, opacity=1).encode(
        size=alt.Size(f"{count}:Q", legend=None, scale=alt.Scale(type="log", range=[10, 250])),
        tooltip=[
            *(["model:N"] if by else []),
            alt.Tooltip("confidence:Q", format=".1%"),
            alt.Tooltip("accuracy:Q", title="right", format=".1%"),
            f"{count}:Q",
        ],
    )
    earned = (
        alt.Chart()
        .mark_rule(strokeDash=[4, 4], color=_GREY, aria=False)
        .encode(x=alt.datum(0), y=alt.datum(0), x2=alt.datum(1), y2=alt.datum(1))
    )
    title = "When it says 80 %, is it right in 80 %?"
    return specification(alt.layer(earned, found.mark_line(), points, title=title, height=height))
