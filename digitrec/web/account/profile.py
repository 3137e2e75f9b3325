"""The profile of a user: name, totals and recent activity."""

import html

import pandas as pd
import streamlit as st

from digitrec.prediction import percent
from digitrec.storage.export import escape_formula
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.storage.users import get_creation_time, list_activities
from digitrec.web.shared.local_time import format_date, to_local
from digitrec.web.shared.names import UNKNOWN, format_share

_MAX_ACTIVITIES = 30
_ACTIVITY_NAMES = {
    Activity.LOGIN: "Signed in",
    Activity.LOGOUT: "Signed out",
    Activity.DRAW: "Drew a digit or number",
    Activity.UPLOAD_IMAGE: "Uploaded an image",
    Activity.CAMERA: "Took a photo",
    Activity.VIEW_PROFILE: "Viewed the account",
    Activity.VIEW_HISTORY: "Viewed the history",
    Activity.VIEW_ANALYTICS: "Viewed analytics",
    Activity.MAKE_KEY: "Created an API key",
    Activity.REVOKE_KEY: "Revoked an API key",
    Activity.CORRECT: "Labeled a prediction",
    Activity.EXPORT: "Exported data",
    Activity.DELETE: "Deleted predictions",
}


def show_profile(history: History) -> None:
    """Show the user's name, email address and picture."""
    user, member_since = history.user, get_creation_time(history.database, history.user)
    with st.container(horizontal=True, vertical_alignment="center"):
        if user.picture:
            st.image(user.picture, width=64)
        email = [html.escape(user.email)] if user.has_email else []
        since = [f"Member since {format_date(to_local(member_since))}"] if member_since else []
        st.html(f"<b>{html.escape(user.name)}</b><br>{' · '.join(email + since)}")


def show_totals(history: History) -> None:
    """Show how many predictions the user has, and the accuracy of the labeled ones."""
    count, confidence, labeled, correct = history.totals()
    with st.grid(4, min_column_width=150):
        st.metric("Predictions", f"{count:,}", border=True)
        st.metric("Average confidence", UNKNOWN if confidence is None else percent(confidence), border=True)
        st.metric("Labeled", f"{labeled:,}", border=True)
        st.metric("Accuracy", format_share(correct / labeled if labeled else None), border=True)
    if not labeled:
        st.caption("No labels yet. To measure accuracy, open a prediction in the history and label it.")


def show_activities(history: History) -> None:
    """Show the user's recent activity, of all kinds or of one."""
    st.header("Activity")
    kind = st.selectbox(
        "Kind of activity",
        [None, *Activity],
        format_func=lambda kind: _ACTIVITY_NAMES[kind] if kind else "All activity",
        label_visibility="collapsed",
        key="activity-kind",
        # On a touch screen, the toolbar of the table is always there, at the right above it.
        width=210,
    )
    entries = list_activities(history.database, history.user, _MAX_ACTIVITIES, kind)
    if not entries:
        st.caption("No activity yet." if kind is None else "No activity of this kind yet.")
        return
    rows = [
        (to_local(entry.at), _ACTIVITY_NAMES[entry.activity], escape_formula(entry.description or ""))
        for entry in entries
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["Time", "Activity", "Details"]),
        hide_index=True,
        height="content",
        column_config={"Time": st.column_config.DatetimeColumn(format="localized")},
        alt="Recent activity",
    )
    if len(entries) == _MAX_ACTIVITIES:
        st.caption(f"Showing the {_MAX_ACTIVITIES} most recent activities.")
