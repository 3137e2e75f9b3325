"""The summaries that the Analytics page shows, cached."""

from zoneinfo import ZoneInfo

import streamlit as st

from digitrec.accounts.users import User
from digitrec.analytics.readings import Readings, readings, version
from digitrec.analytics.summary import FEWEST_PEOPLE, Summary, summary
from digitrec.services import services
from digitrec.storage.filters import Period
from digitrec.storage.users import count_users
from digitrec.web.shared.history import current_history

_SUMMARY_SECONDS = 60


_SUMMARIES = 200


_EVERYBODY_PERIODS = 4
"""For how many choices of time everybody's readings are held; those of a million records take 64 MB."""


def my_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """One's own records of a period in numbers, all or those read as one digit, counted anew when one has changed.

    Raises:
        StorageError: they cannot be read.
    """
    history = current_history()
    state = history.database.generation, version(history.database, history.user)
    return _my_summary(history.user, state, period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_SUMMARIES, show_spinner=False)
def _my_summary(user: User, state: object, period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    return summary(readings(services().database, period, user), period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_SUMMARIES, show_spinner="Counting")
def everybodys_summary(period: Period, zone: ZoneInfo, digit: str | None) -> Summary:
    """Everybody's records of a period in numbers, all or those read as one digit, at most a minute old.

    Raises:
        StorageError: they cannot be read.
    """
    return summary(_everybodys_readings(period), period, zone, digit)


@st.cache_resource(ttl=_SUMMARY_SECONDS, max_entries=_EVERYBODY_PERIODS, show_spinner=False)
def _everybodys_readings(period: Period) -> Readings:
    return readings(services().database, period)


@st.cache_data(ttl=_SUMMARY_SECONDS, show_spinner=False)
def are_many() -> bool:
    """Whether there are so many people that numbers over everybody may be asked for; a minute old at most.

    Raises:
        StorageError: they cannot be counted.
    """
    return count_users(services().database) >= FEWEST_PEOPLE
