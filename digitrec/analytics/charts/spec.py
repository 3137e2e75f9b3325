"""What every chart is made into."""

from typing import Any

import altair as alt

Specification = dict[str, Any]

HEIGHT = 260


def on_shade(field: str) -> alt.ExprRef:
    """Black or white, whichever can be read on a cell in the colour of this field, in either theme."""
    return alt.expr(f"luminance(scale('color', datum.{field})) > 0.3 ? 'black' : 'white'")


def specification(chart: alt.TopLevelMixin) -> Specification:
    """A chart as Vega-Lite, without data."""
    # An empty list of rows stands for the data, which Altair will not do without.
    chart.data = alt.InlineData(values=[])
    made: Specification = chart.to_dict()
    return {key: value for key, value in made.items() if key not in ("data", "datasets", "config")}
