"""One's own account: who one is, what one did, and what is kept."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.web.account.api_keys import show_keys
from digitrec.web.account.profile import show_activities, show_profile, show_totals
from digitrec.web.shared.data_export import show_export
from digitrec.web.shared.deletion import show_delete_account
from digitrec.web.shared.history import my_records

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
