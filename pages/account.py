"""The account page: profile, activity, API keys and data."""

import streamlit as st

from digitrec.web.account.api_keys import show_keys
from digitrec.web.account.profile import show_activities, show_profile, show_totals
from digitrec.web.shared.deletion import show_delete_account
from digitrec.web.shared.downloads import show_export
from digitrec.web.shared.history import current_history
from digitrec.web.shared.router import require_router

require_router(__file__)

history = current_history()
show_profile(history)
show_totals(history)
show_activities(history)
show_keys(history)
st.header("Your data")
show_export(history)
show_delete_account(history)
