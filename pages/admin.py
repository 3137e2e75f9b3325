"""Who uses the app, for administrators."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.web.admin.users import show_users
from digitrec.web.shared.current_user import is_admin
from digitrec.web.shared.router import require_router

require_router(__file__)

if not is_admin():
    st.error("This page is for administrators.", icon=":material/block:")
    st.stop()
try:
    show_users()
except StorageError as error:
    st.error(str(error), icon=":material/error:")
