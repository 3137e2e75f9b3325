"""The app as an ASGI server: ``streamlit run server.py``."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from digitrec.errors import ModelError, SettingsError, StoreError
from digitrec.settings import settings

_DAY_SECONDS = 24 * 60 * 60


@asynccontextmanager
async def warm_up(app: st.App) -> AsyncIterator[None]:
    """Load and open before the first visitor comes, and spare the garbage collector what stays for good."""
    from digitrec.ui.recognizers import load_recognizer, offered_models
    from digitrec.ui.store import my_records

    # A model or a history that cannot be opened stops nobody: the page says so, with what to do.
    with suppress(ModelError):
        load_recognizer(offered_models()[0])
    with suppress(StoreError):
        my_records().count()
    gc.collect()
    gc.freeze()
    forgetting = asyncio.create_task(_forget_daily())
    yield
    forgetting.cancel()


async def _forget_daily() -> None:
    from digitrec.store.tidy import delete_old
    from digitrec.ui.store import my_records

    while days := settings().keep_days:
        with suppress(StoreError):
            records = my_records()
            await asyncio.to_thread(delete_old, records.database, records.images, timedelta(days=days))
        await asyncio.sleep(_DAY_SECONDS)


try:
    settings()
except SettingsError as error:
    raise SystemExit(f"digitrec does not start: {error}") from error

# Until the router has run once, Streamlit takes a folder named pages for the old kind of multipage app and would
# show the first visitor who comes by a page's own address that page without its router.
PagesManager.uses_pages_directory = False

app = st.App("streamlit_app.py", lifespan=warm_up)
