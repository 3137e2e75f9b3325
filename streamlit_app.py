"""The router: page settings, navigation and the account menu."""

from pathlib import Path

import streamlit as st

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings
from digitrec.errors import SettingsError
from digitrec.web.shared.activity import log_page_visit
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.connection import watch_connection
from digitrec.web.shared.current_user import is_admin
from digitrec.web.shared.focus import keep_focus
from digitrec.web.shared.notices import show_errors, show_notices
from digitrec.web.shared.sign_in import identify_user, offer_guest_import, show_account_menu, show_sign_in_problem

ICON = Path(__file__).parent / "digitrec" / "web" / "icon.png"

st.set_page_config(page_title="digitrec", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")

try:
    settings()
    sign_in()
except SettingsError as error:
    # Only without server.py, which doesn't start then.
    st.error(f"digitrec can't start: {error}", icon=":material/error:")
    st.stop()

user = identify_user()
account = st.Page("pages/account.py", title="Account", icon=":material/account_circle:")
draw = st.Page("pages/draw.py", title="Draw", icon=":material/draw:", default=True)
models = st.Page("pages/models.py", title="Models", icon=":material/neurology:")
page = st.navigation(
    [
        draw,
        st.Page("pages/history.py", title="History", icon=":material/history:"),
        st.Page("pages/analytics.py", title="Analytics", icon=":material/bar_chart:"),
        st.Page("pages/explore.py", title="Explore", icon=":material/explore:"),
        models,
        st.Page("pages/about.py", title="About", icon=":material/info:"),
        *([] if user.is_guest else [account]),
        *([st.Page("pages/admin.py", title="Admin", icon=":material/group:")] if is_admin() else []),
    ],
    position="top",
)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title(page.title)
    show_account_menu(user, account)
show_sign_in_problem(user)
log_page_visit(user, page.title)
offer_guest_import(user)
show_notices()
with show_errors():
    # These two ask for a slot where they need one: strokes rerun only a part of Draw, and imports take minutes.
    show = page.run if page in (draw, models) else admitted(page.run)
    show()
watch_connection(has_canvas=page is draw)
keep_focus()
