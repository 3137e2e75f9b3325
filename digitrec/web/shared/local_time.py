"""Times in the time zone of the viewer."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def viewer_zone() -> ZoneInfo:
    """Return the viewer's time zone, or UTC if the browser reports none or an unknown one."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def to_local(moment: datetime) -> datetime:
    """Convert a time to the viewer's time zone."""
    return moment.astimezone(viewer_zone())


def format_local(moment: datetime) -> str:
    """Format a time in the viewer's time zone, to the minute."""
    return to_local(moment).strftime("%Y-%m-%d %H:%M")
