"""Colours of what we draw ourselves in HTML."""

ACCENT = "#5b6ee1"
"""Solid enough on white and on near-black for 3:1, the contrast WCAG asks of graphics."""
TRACK = "color-mix(in srgb, currentColor 12%, transparent)"
"""Behind a bar, how long it can be."""
