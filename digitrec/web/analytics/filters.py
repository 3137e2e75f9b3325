"""The filters at the top of the page: period, scope and digit."""

from datetime import datetime, time, timedelta
from typing import Any

import streamlit as st

from digitrec.prediction import DIGITS
from digitrec.storage.filters import Period
from digitrec.web.analytics.data import has_enough_users
from digitrec.web.shared.choice import choose
from digitrec.web.shared.local_time import viewer_zone

_PERIODS = {"Last 24 hours": timedelta(days=1), "Last 7 days": timedelta(days=7), "Last 30 days": timedelta(days=30)}
_ALL_TIME, _CUSTOM_PERIOD = "All time", "Custom range"
_MINE, _EVERYONES = "Mine", "Everyone's"
_ALL_DIGITS = "All digits"
_DIGIT_KEY = "analytics-digit"
_PILLS: Any = {"required": True, "label_visibility": "collapsed", "persist_state": "session", "wrap": True}
"""The options of the pills: one is always selected, and the choice is kept while the user visits other pages."""


def show_period_filter() -> Period:
    """Let the user choose a period, and return it."""
    zone = viewer_zone()
    # Rounded to the minute, so that everyone's statistics are loaded once for all who ask in the same minute.
    now = datetime.now(zone).replace(second=0, microsecond=0)
    with st.container(horizontal=True, vertical_alignment="center"):
        choice = st.pills("Period", [*_PERIODS, _ALL_TIME, _CUSTOM_PERIOD], default=_ALL_TIME, key="period", **_PILLS)
        if choice in _PERIODS:
            return Period(now - _PERIODS[choice])
        if choice == _ALL_TIME:
            return Period()
        days = st.date_input(
            "Days", (now.date() - timedelta(days=6), now.date()), label_visibility="collapsed", key="days", width=260
        )
    if not days:
        return Period()
    # There is only the first day until the user picks the second.
    first, last = min(days), max(days)
    return Period(datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone))


def show_scope_filter() -> bool:
    """Let the user choose between their own predictions and everyone's; return whether everyone's are chosen.

    With too few users, there is no choice.
    """
    return has_enough_users() and choose("Scope", (_MINE, _EVERYONES), "scope") == _EVERYONES


def show_digit_filter() -> str | None:
    """Let the user choose a digit; return it, or None for all digits."""
    digit: str = st.pills("Digit", [_ALL_DIGITS, *DIGITS], default=_ALL_DIGITS, key=_DIGIT_KEY, **_PILLS)
    if digit == _ALL_DIGITS:
        st.caption("Click a digit here or in a chart to filter by it.")
        return None
    st.caption(f"Showing predictions of {digit}. Charts that compare digits still show all digits.")
    return digit


def toggle_digit(digit: str) -> None:
    """Filter by a digit, or by none if it is the current one."""
    st.session_state[_DIGIT_KEY] = _ALL_DIGITS if st.session_state[_DIGIT_KEY] == digit else digit
