"""The app as an ASGI server: ``streamlit run server.py``."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import cache

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import LOCAL_USER, User
from digitrec.api.app import create_api
from digitrec.config import settings
from digitrec.errors import ModelError, SettingsError, StorageError
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.server.logging import configure_logging
from digitrec.server.middleware import SecurityMiddleware
from digitrec.server.process import collect_garbage_periodically, configure_process, freeze_heap
from digitrec.server.rate_limits import rate_limits
from digitrec.storage.history import History
from digitrec.web.shared.notices import show_script_error

_DAY_SECONDS = 24 * 60 * 60
_AGAIN_SECONDS = 5 * 60

logger = logging.getLogger(__name__)


@asynccontextmanager
async def warm_up(app: st.App) -> AsyncIterator[None]:
    """Load and open before the first visitor comes, and spare the garbage collector what stays for good."""
    # Altair takes half a second to import, which the first visitor of a chart would wait for.
    import digitrec.analytics.charts.spec  # noqa: F401

    # A model or a history that cannot be opened stops nobody: the page says so, with what to do.
    with suppress(ModelError):
        recognizer()
        number_recognizer()
    with suppress(StorageError):
        history_of(LOCAL_USER).count()
    freeze_heap()
    tasks = [asyncio.create_task(work()) for work in (_tidy_daily, collect_garbage_periodically)]
    yield
    for task in tasks:
        task.cancel()


def recognizer() -> DigitRecognizer:
    """The one that pages offer first, as they have it."""
    from digitrec.web.shared.models import available_models, load_digit_recognizer

    return load_digit_recognizer(available_models()[0])


def number_recognizer() -> NumberRecognizer:
    """The one that reads numbers, as pages have it."""
    from digitrec.web.shared.models import load_number_recognizer

    return load_number_recognizer()


def history_of(user: User) -> History:
    """A person's records, in the store of the pages."""
    from digitrec.web.shared import history as store

    return store.history_of(user)


async def _tidy_daily() -> None:
    from digitrec.storage.retention import delete_expired, delete_guests, delete_orphaned_images

    chosen = settings()

    def tidy() -> None:
        history = history_of(LOCAL_USER)
        if chosen.keep_days:
            delete_expired(history.database, history.images, timedelta(days=chosen.keep_days))
        if sign_in():
            delete_guests(history.database, history.images, timedelta(days=chosen.guest_days))
        delete_orphaned_images(history.database, history.images)

    while True:
        try:
            await asyncio.to_thread(tidy)
            await asyncio.sleep(_DAY_SECONDS)
        except StorageError as error:
            logger.warning("The history is not tidied yet: %s", error)
            await asyncio.sleep(_AGAIN_SECONDS)


configure_process()
try:
    configure_logging(settings().log_format)
    rate_limits()
    sign_in()
except SettingsError as error:
    raise SystemExit(f"digitrec does not start: {error}") from error


# With each run of a script, Streamlit sends the theme, which never changes, and puts it together anew from its options.
_populate_theme = app_session._populate_theme_msg


@cache
def _theme(section: str) -> CustomThemeConfig:
    theme = CustomThemeConfig()
    _populate_theme(theme, section)
    return theme


def _copy_theme(message: CustomThemeConfig, section: str = "theme") -> None:
    # An empty section is none: to merge it would make one.
    if _theme(section).ByteSize():
        message.MergeFrom(_theme(section))


app_session._populate_theme_msg = _copy_theme


def documentation(request: Request) -> Response:
    """The answer to who asks for the API itself, to whom else a page would come."""
    return RedirectResponse("/api/docs")


app = st.App(
    "streamlit_app.py",
    lifespan=warm_up,
    routes=[
        *(Route(path, documentation) for path in ("/api", "/api/")),
        Mount("/api", create_api(recognizer, number_recognizer, history_of)),
    ],
    middleware=[Middleware(SecurityMiddleware)],
    on_script_error=show_script_error,
)
