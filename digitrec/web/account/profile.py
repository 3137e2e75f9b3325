"""A person's own account: who they are, what is kept of them, and what they did."""

import html

import pandas as pd
import streamlit as st

from digitrec.prediction import percent
from digitrec.storage.history import History
from digitrec.storage.schema import Activity
from digitrec.web.shared.local_time import local

_LAST = 30
_DONE = {
    Activity.LOGIN: "Signed in",
    Activity.LOGOUT: "Signed out",
    Activity.DRAW: "Drew",
    Activity.UPLOAD_IMAGE: "Uploaded a picture",
    Activity.CAMERA: "Took a photo",
    Activity.VIEW_PROFILE: "Looked at the account",
    Activity.VIEW_HISTORY: "Looked at History",
    Activity.VIEW_ANALYTICS: "Looked at Analytics",
    Activity.MAKE_KEY: "Made a key",
    Activity.REVOKE_KEY: "Revoked a key",
    Activity.CORRECT: "Said what a record is",
    Activity.EXPORT: "Exported",
    Activity.DELETE: "Deleted",
}


def show_profile(history: History) -> None:
    """Show the person's name and picture and since when they are known.

    Raises:
        StoreError: it cannot be read.
    """
    user, known = history.user, history.since()
    with st.container(horizontal=True, vertical_alignment="center"):
        if user.picture:
            st.image(user.picture, width=64)
        since = f" · since {local(known):%Y-%m-%d}" if known else ""
        st.html(f"<b>{html.escape(user.name)}</b><br>{html.escape(user.email)}{since}")


def show_totals(history: History) -> None:
    """Show how much the person drew and how much of it was read right, as far as they told.

    Raises:
        StoreError: it cannot be read.
    """
    known, (told, right) = history.statistics(), history.told()
    with st.grid(4, min_column_width=150):
        st.metric("Records", f"{known.total_predictions if known else 0:,}", border=True)
        average = known.average_confidence if known else None
        st.metric("Average confidence", "–" if average is None else percent(average), border=True)
        st.metric("You said what it is", f"{told:,}", border=True)
        st.metric("Read right, of those", f"{right / told:.1%}" if told else "–", border=True)
    if not told:
        st.caption("Open a record in History and say what it really is: then it is counted how much is read right.")


def show_activities(history: History) -> None:
    """Show the last things the person did, of all kinds or of one.

    Raises:
        StoreError: they cannot be read.
    """
    st.header("What you did")
    kind = st.selectbox(
        "Kind",
        [None, *Activity],
        format_func=lambda kind: _DONE[kind] if kind else "Everything",
        label_visibility="collapsed",
        key="activity-kind",
    )
    entries = history.activities(_LAST, kind)
    if not entries:
        st.caption("Nothing of this kind yet.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "When": [local(user_input.at) for user_input in entries],
                "What": [_DONE[user_input.activity] for user_input in entries],
                "More": [user_input.description or "" for user_input in entries],
            }
        ),
        hide_index=True,
        height="content",
        column_config={"When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")},
        alt="The last things you did",
    )
    st.caption(f"The last {_LAST} at most.")
