"""The reliability diagram."""

from typing import Any

import altair as alt

from digitrec.analytics.charts.spec import Specification, specification

_PERCENT = alt.Axis(format="%")
_UNIT_SCALE = alt.Scale(domain=[0, 1])
_GRAY = "#808495"
"""Has enough contrast with both backgrounds, white and near-black."""


def reliability_diagram(height: int, count: str, **by: Any) -> Specification:
    """Return a reliability diagram: accuracy over confidence, and the diagonal of perfect calibration.

    It shows ``confidence`` and ``accuracy``; the field named ``count`` sets the size of the points, and ``by`` adds
    encodings. Source: Niculescu-Mizil and Caruana, Predicting good probabilities with supervised learning, 2005.
    """
    curve = alt.Chart().encode(
        x=alt.X("confidence:Q", title="Confidence", axis=_PERCENT, scale=_UNIT_SCALE),
        y=alt.Y("accuracy:Q", title="Accuracy", axis=_PERCENT, scale=_UNIT_SCALE),
        **by,
    )
    points = curve.mark_point(filled=True, opacity=1).encode(
        size=alt.Size(f"{count}:Q", legend=None, scale=alt.Scale(type="log", range=[10, 250])),
        tooltip=[
            *(["model:N"] if by else []),
            alt.Tooltip("confidence:Q", format=".1%"),
            alt.Tooltip("accuracy:Q", format=".1%"),
            f"{count}:Q",
        ],
    )
    diagonal = (
        alt.Chart()
        .mark_rule(strokeDash=[4, 4], color=_GRAY, aria=False)
        .encode(x=alt.datum(0), y=alt.datum(0), x2=alt.datum(1), y2=alt.datum(1))
    )
    return specification(alt.layer(diagonal, curve.mark_line(), points, title="Reliability diagram", height=height))
