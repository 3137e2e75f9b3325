"""Colors of the app's own HTML."""

ACCENT = "#5b6ee1"
"""Has a contrast of at least 3:1 on light and dark backgrounds, as WCAG requires for graphics."""
TRACK = "color-mix(in srgb, currentColor 12%, transparent)"
"""The empty part of a bar."""
