"""The list of users, for admins."""

import streamlit as st

from digitrec.errors import StorageError
from digitrec.web.admin.users import show_users
from digitrec.web.shared.current_user import is_admin
from digitrec.web.shared.router import require_router

require_router(__file__)

if not is_admin():
    st.error("Only admins can open this page.", icon=":material/block:")
    st.stop()
try:
    show_users()
except StorageError as error:
    st.error(str(error), icon=":material/error:")
