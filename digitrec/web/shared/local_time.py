"""Time as the viewer's clock shows it."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def viewer_zone() -> ZoneInfo:
    """The viewer's time zone; UTC where the browser names none, or one that nobody knows."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local(moment: datetime) -> datetime:
    """A moment in the viewer's time zone."""
    return moment.astimezone(viewer_zone())


def when(moment: datetime) -> str:
    """A moment in words, as the viewer's clock shows it."""
    return local(moment).strftime("%Y-%m-%d %H:%M:%S")
