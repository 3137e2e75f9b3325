"""Charts of the Explore page."""

import altair as alt

from digitrec.analytics.charts.common import GRAY, Chart, specification, tooltip

POINT = "point"  # Name of the selection of a point of the map, with the field ``id``.
_COLORS = [
    "#4c78d8", "#e8833a", "#2a9d8f", "#d64f6b", "#8a63d2", "#9a6b4f", "#c65fae", "#7a828e", "#a89a1c", "#2fa3c7",
]  # fmt: skip
"""One color for each digit, readable on light and dark backgrounds."""
_DIGITS = [str(digit) for digit in range(10)]
_MISTAKE = "#e03131"


@specification
def sensitivity(title: str, unit: str, digits: tuple[str, ...]) -> Chart:
    """Return a line chart of ``value``, ``probability`` and ``digit`` (of ``digits``); ``rank`` sets the dash.

    In rows that have them, ``low`` and ``high`` set the ends of a band, ``now`` the position of a rule, and
    ``rejected`` that of a cross.
    """
    x = alt.X("value:Q", title=f"{title} ({unit.strip()})", scale=alt.Scale(nice=False))
    y = alt.Y("probability:Q", title="Probability", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    colors = alt.Scale(domain=_DIGITS, range=_COLORS)
    band = alt.Chart().mark_rect(opacity=0.12, color=GRAY, aria=False)
    now = alt.Chart().mark_rule(strokeDash=[4, 4], size=2, color=GRAY)
    crosses = alt.Chart().mark_text(text="✕", baseline="top", color=GRAY, aria=False)
    lines = (
        alt.Chart()
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color("digit:N", legend=alt.Legend(orient="top", title=None, values=list(digits)), scale=colors),
            strokeDash=alt.StrokeDash(
                "rank:O", legend=None, scale=alt.Scale(range=[[1, 0], [8, 3], [3, 3], [8, 3, 3, 3]])
            ),
            tooltip=[tooltip("digit:N"), tooltip("value:Q", title), tooltip("probability:Q", format=".1%")],
        )
    )
    return alt.layer(
        band.transform_filter("isValid(datum.low)").encode(x=alt.X("low:Q"), x2="high:Q"),
        now.transform_filter("isValid(datum.now)").encode(x=alt.X("now:Q")),
        crosses.transform_filter("isValid(datum.rejected)").encode(x=alt.X("rejected:Q"), y=alt.datum(1)),
        lines.transform_filter("isValid(datum.value)"),
        height=300,
    )


@specification
def map_of_digits(height: int) -> Chart:
    """Return a map of ``x``, ``y``, ``digit``, ``what``, ``image`` (a data URL) and ``id``.

    ``group`` is "training", "prediction", "mistake" or "drawing", and decides how a point looks. Screen readers skip
    the thousands of points and read the alternative text of the chart.
    """
    point = alt.selection_point(name=POINT, fields=["id"], toggle=False)
    axis = alt.Axis(labels=False, ticks=False, domain=False, grid=False)
    # The map lies between -1 and 1.
    square = alt.Scale(domain=[-1.05, 1.05])
    scale = alt.Scale(domain=_DIGITS, range=_COLORS)
    color = alt.Color("digit:N", scale=scale, legend=alt.Legend(orient="top", title=None, columns=10))
    base = alt.Chart().encode(
        x=alt.X("x:Q", title=None, axis=axis, scale=square),
        y=alt.Y("y:Q", title=None, axis=axis, scale=square),
        # Vega shows fields of these names as a heading and a picture.
        tooltip=[alt.Tooltip("what:N", title="title"), "image:N"],
    )

    def points_of(group: str) -> Chart:
        return base.transform_filter(f"datum.group == '{group}'")

    training = points_of("training").mark_circle(size=22, opacity=0.55, aria=False, cursor="pointer")
    training = training.encode(color=color).add_params(point, alt.selection_interval(bind="scales", name="view"))
    own = points_of("prediction").mark_point(
        shape="square", aria=False, filled=True, size=90, opacity=1, stroke=GRAY, strokeWidth=2, cursor="pointer"
    )
    mistakes = points_of("mistake").mark_point(
        shape="triangle-up", aria=False, filled=True, size=170, color=_MISTAKE, opacity=1, cursor="pointer"
    )
    drawing = points_of("drawing").mark_point(
        shape="diamond", aria=False, filled=False, size=420, strokeWidth=4, color=_MISTAKE, opacity=1
    )
    return alt.layer(training, own.encode(color=color), mistakes, drawing, height=height)
