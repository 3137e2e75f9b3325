"""A chart of the pixel values of an image."""

from functools import cache

import altair as alt

from digitrec.analytics.charts.spec import Specification, specification


@cache
def pixel_values(side: int) -> Specification:
    """Return a heat map of ``row``, ``column`` and ``value`` (0 to 1) of ``side`` rows and columns."""
    axis = alt.Axis(labelAngle=0, values=list(range(0, side, 4)), ticks=False, domain=False, grid=False)
    return specification(
        alt.Chart(title="Network input", width=alt.Step(10), height=alt.Step(10))
        .mark_rect()
        .encode(
            x=alt.X("column:O", title="Column", axis=axis),
            y=alt.Y("row:O", title="Row", axis=axis),
            # White on black in both themes, like the pictures beside it.
            color=alt.Color(
                "value:Q", title="Value", scale=alt.Scale(domain=[0, 1], range=["#000", "#fff"]), legend=None
            ),
            tooltip=["row:O", "column:O", alt.Tooltip("value:Q", format=".3f")],
        )
    )
