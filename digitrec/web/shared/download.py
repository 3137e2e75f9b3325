"""The button that downloads a file."""

import mimetypes
from collections.abc import Callable

import streamlit as st


def show_download(label: str, make: Callable[[], bytes], filename: str, key: str, icon: str = "download") -> None:
    """Show a button that downloads what ``make`` returns when it is clicked. The page doesn't run again."""
    mime = mimetypes.guess_type(filename)[0]
    st.download_button(label, make, filename, mime, key=key, icon=f":material/{icon}:", on_click="ignore")
