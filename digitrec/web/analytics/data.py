"""Cached statistics for the Analytics page."""

from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from digitrec.accounts.users import User
from digitrec.analytics.queries import history_version, load_predictions
from digitrec.analytics.summary import MIN_USERS, Summary, summarize, summarize_predictions
from digitrec.services import services
from digitrec.storage.filters import Period
from digitrec.storage.users import count_users
from digitrec.web.shared.history import current_history

_CACHE_SECONDS = 60
_SUMMARIES = 200
_PERIODS = 4  # How many periods of everyone's predictions stay in memory; a million predictions take 31 MB.


def my_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """Return the summary of the current user's predictions, recomputed whenever one of them changes."""
    history = current_history()
    version = history.database.generation, history_version(history.database, history.user)
    return _user_summary(history.user, version, period, zone, digit)


@st.cache_resource(ttl=_CACHE_SECONDS, max_entries=_SUMMARIES, show_spinner=False)
def _user_summary(user: User, version: object, period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    return summarize(services().database, period, zone, digit, user)


@st.cache_resource(ttl=_CACHE_SECONDS, max_entries=_SUMMARIES, show_spinner="Loading statistics")
def everyones_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """Return the summary of everyone's predictions, at most a minute old."""
    return summarize_predictions(*everyones_predictions(period), zone, digit)


@st.cache_resource(ttl=_CACHE_SECONDS, max_entries=_PERIODS, show_spinner=False)
def everyones_predictions(period: Period) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return everyone's predictions in a period and in the one before, at most a minute old."""
    return load_predictions(services().database, period)


@st.cache_data(ttl=_CACHE_SECONDS, show_spinner=False)
def has_enough_users() -> bool:
    """Return whether there are enough users for everyone's statistics. The result may be a minute old."""
    return count_users(services().database) >= MIN_USERS
