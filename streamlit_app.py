"""The router: every page of the app."""

import streamlit as st

ICON = "digitrec/ui/icon.png"

st.set_page_config(page_title="digitrec", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")

page = st.navigation(
    [
        st.Page("pages/draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
st.title(page.title)
page.run()
