"""The choice of a time to look at, and of whose records."""

from datetime import datetime, time, timedelta

import streamlit as st

from digitrec.storage.filters import Period
from digitrec.web.analytics.data import are_many
from digitrec.web.shared.local_time import viewer_zone
from digitrec.web.shared.names import ALL_TIME, CUSTOM_PERIOD, PERIODS


def show_period_choice() -> Period:
    """Show the choice of a period and return the one chosen."""
    zone = viewer_zone()
    # To the minute: what everybody did is counted once for all who ask within it.
    now = datetime.now(zone).replace(second=0, microsecond=0)
    with st.container(horizontal=True, vertical_alignment="center"):
        choice = st.pills(
            "Period",
            [*PERIODS, ALL_TIME, CUSTOM_PERIOD],
            default=ALL_TIME,
            required=True,
            label_visibility="collapsed",
            key="period",
            persist_state="session",
            wrap=True,
        )
        if choice == CUSTOM_PERIOD:
            days = st.date_input(
                "Days",
                (now.date() - timedelta(days=6), now.date()),
                label_visibility="collapsed",
                key="days",
                width=260,
            )
            if not days:
                return Period()
            # While the second day is not yet picked, there is only the first.
            first, last = min(days), max(days)
            return Period(
                datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
            )
    return Period(now - PERIODS[choice]) if choice in PERIODS else Period()


def show_whose_choice() -> bool:
    """Show the choice between one's own and everybody's, where there are many people; whether it is everybody's.

    Raises:
        StorageError: people cannot be counted.
    """
    if not are_many():
        return False
    whose = st.segmented_control(
        "Whose",
        ["Mine", "Everybody's"],
        default="Mine",
        required=True,
        label_visibility="collapsed",
        key="whose",
        persist_state="session",
    )
    return whose == "Everybody's"
