"""Who uses the app, for administrators."""

import streamlit as st

from digitrec.errors import StoreError
from digitrec.ui.identity import is_admin
from digitrec.ui.people import show_everybody

if not is_admin():
    st.error("This page is for administrators.", icon=":material/block:")
    st.stop()
try:
    show_everybody()
except StoreError as error:
    st.error(str(error), icon=":material/error:")
