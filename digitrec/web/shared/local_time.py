"""Times and dates in the time zone and the locale of the viewer."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel.dates
import streamlit as st
from babel import Locale, UnknownLocaleError


def viewer_zone() -> ZoneInfo:
    """Return the viewer's time zone, or UTC if the browser reports none or an unknown one."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def to_local(moment: datetime) -> datetime:
    """Convert a time to the viewer's time zone."""
    return moment.astimezone(viewer_zone())


def format_date(day: date) -> str:
    """Return a date as the viewer writes it: *Nov 30, 2026*."""
    return str(babel.dates.format_date(day, locale=_locale()))


def format_local(moment: datetime) -> str:
    """Return a time in the viewer's time zone, to the minute, as the viewer writes it: *Nov 30, 2026, 4:05 PM*."""
    local = to_local(moment)
    return f"{format_date(local)}, {babel.dates.format_time(local, 'short', locale=_locale())}"


def _locale() -> Locale:
    try:
        return Locale.parse(st.context.locale or "en-US", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")
