"""Conversion of Altair charts to Vega-Lite specifications without data."""

from typing import Any

import altair as alt

Specification = dict[str, Any]

HEIGHT = 260


def on_shade(field: str) -> alt.ExprRef:
    """Return an expression for black or white, whichever is readable on the color of a field."""
    return alt.expr(f"luminance(scale('color', datum.{field})) > 0.3 ? 'black' : 'white'")


def specification(chart: alt.TopLevelMixin) -> Specification:
    """Return a chart as a Vega-Lite specification without data."""
    # Altair insists on data.
    chart.data = alt.InlineData(values=[])
    full: Specification = chart.to_dict()
    return {key: value for key, value in full.items() if key not in ("data", "datasets", "config")}
