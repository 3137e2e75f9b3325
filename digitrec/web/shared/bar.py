"""A bar in HTML that shows a share."""

ACCENT = "#5b6ee1"
"""Has a contrast of at least 3:1 on light and dark backgrounds, as WCAG requires for graphics."""


def bar(share: float, height: str) -> str:
    """Return a bar filled to a share, 0 to 1; ``height`` is a CSS length."""
    shape = f"display:block;height:{height};border-radius:{height}"
    # The browser moves the bar without laying out the page again, as it would for a change of width. The margin hides
    # the edge of an empty bar, which could show as a thin line.
    move = f"margin-left:-1px;transform:translateX({share - 1:.2%})"
    return (
        f'<span style="{shape};overflow:hidden;background:color-mix(in srgb, currentColor 12%, transparent)">'
        f'<span style="{shape};{move};background:{ACCENT}"></span></span>'
    )
