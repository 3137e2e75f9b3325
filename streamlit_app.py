"""The router: every page of the app."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parent / "digitrec" / "ui" / "icon.png"

st.set_page_config(page_title="digitrec", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")

page = st.navigation(
    [
        st.Page("pages/draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
        st.Page("pages/analytics.py", title="Analytics", icon=":material/bar_chart:"),
        st.Page("pages/models.py", title="Models", icon=":material/neurology:"),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
st.title(page.title)
page.run()
