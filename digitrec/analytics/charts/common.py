"""Shared by all charts: the conversion to Vega-Lite, and the reliability diagram."""

from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, cast

import altair as alt

P = ParamSpec("P")
Chart = Any  # An Altair chart; the return types of its methods are not annotated.
Specification = dict[str, Any]

HEIGHT = 260
LEGEND = alt.Legend(orient="top", title=None)
LEVEL = alt.Axis(labelAngle=0, labelFlush=False)  # An axis with horizontal labels.
_PERCENT = alt.Axis(format="%")
_UNIT_SCALE = alt.Scale(domain=[0, 1])
GRAY = "#808495"
"""Has enough contrast with both backgrounds, white and near-black."""


def specification(build: Callable[P, Chart]) -> Callable[P, Specification]:
    """Decorate a function that builds a chart: it then returns the Vega-Lite specification without data, built once."""

    def as_specification(*arguments: P.args, **keywords: P.kwargs) -> Specification:
        chart = build(*arguments, **keywords)
        # Altair insists on data.
        chart.data = alt.InlineData(values=[])
        full: Specification = chart.to_dict()
        return {key: value for key, value in full.items() if key not in ("data", "datasets", "config")}

    as_specification.__doc__ = build.__doc__
    return cast(Callable[P, Specification], cache(as_specification))


def on_shade(field: str) -> alt.ExprRef:
    """Return an expression for black or white, whichever is more readable on the color of a field."""
    return alt.expr(f"luminance(scale('color', datum.{field})) > 0.3 ? 'black' : 'white'")


def tooltip(field: str, title: str = "", **options: Any) -> alt.Tooltip:
    """Return a line of a tooltip, under the title or else the name of the field, in sentence case."""
    return alt.Tooltip(field, title=(title or field.partition(":")[0]).capitalize(), **options)


def reliability_diagram(title: str, height: int, count: str, **by: Any) -> Chart:
    """Return a reliability diagram: accuracy over confidence, and the diagonal of perfect calibration.

    It shows ``confidence`` and ``accuracy``; the field named ``count`` sets the size of the points, and ``by`` adds
    encodings. Source: Niculescu-Mizil and Caruana, Predicting good probabilities with supervised learning, 2005.
    """
    curve = alt.Chart().encode(
        x=alt.X("confidence:Q", title="Confidence", axis=_PERCENT, scale=_UNIT_SCALE),
        y=alt.Y("accuracy:Q", title="Accuracy", axis=_PERCENT, scale=_UNIT_SCALE),
        **by,
    )
    shares = [tooltip(f"{field}:Q", format=".1%") for field in ("confidence", "accuracy")]
    points = curve.mark_point(filled=True, opacity=1).encode(
        size=alt.Size(f"{count}:Q", legend=None, scale=alt.Scale(type="log", range=[10, 250])),
        tooltip=[*([tooltip("model:N")] if by else []), *shares, tooltip(f"{count}:Q")],
    )
    diagonal = alt.Chart().mark_rule(strokeDash=[4, 4], color=GRAY, aria=False)
    diagonal = diagonal.encode(x=alt.datum(0), y=alt.datum(0), x2=alt.datum(1), y2=alt.datum(1))
    return alt.layer(diagonal, curve.mark_line(), points, title=title, height=height)
