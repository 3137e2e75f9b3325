"""One's own account: who one is, what one did, and what is kept."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.ui.account import show_activities, show_profile, show_totals
from digitrec.ui.keys import show_keys
from digitrec.ui.owning import show_delete_account, show_export
from digitrec.ui.store import my_records

try:
    records = my_records()
    show_profile(records)
    show_totals(records)
    show_activities(records)
    show_keys(records)
    st.header("What is kept of you")
    show_export(records)
    show_delete_account(records)
except StoreError as error:
    st.error(str(error), icon=":material/error:")
