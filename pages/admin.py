"""Who uses the app, for administrators."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.web.admin.users import show_everybody
from digitrec.web.shared.current_user import is_admin

if not is_admin():
    st.error("This page is for administrators.", icon=":material/block:")
    st.stop()
try:
    show_everybody()
except StoreError as error:
    st.error(str(error), icon=":material/error:")
