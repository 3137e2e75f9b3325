"""The app as an ASGI server: ``streamlit run server.py``."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st

from digitrec.errors import ModelError
from digitrec.settings import settings


@asynccontextmanager
async def warm_up(app: st.App) -> AsyncIterator[None]:
    """Load the model before the first visitor comes, and spare the garbage collector what stays for good."""
    from digitrec.ui.recognizers import load_recognizer

    # A model that cannot be loaded stops nobody: the page says so, with what to do.
    with suppress(ModelError):
        load_recognizer(settings().model)
    gc.collect()
    gc.freeze()
    yield


app = st.App("streamlit_app.py", lifespan=warm_up)
