"""The ASGI entry point: ``streamlit run server.py`` serves the pages and the API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute

from digitrec.accounts.sign_in import sign_in
from digitrec.accounts.users import LOCAL_USER
from digitrec.api.app import create_api
from digitrec.config import settings
from digitrec.errors import SettingsError, StorageError
from digitrec.imaging.files.decoder_pool import decoder_pool
from digitrec.server.hosts import HostCheck
from digitrec.server.logging import configure_logging
from digitrec.server.middleware import SecurityMiddleware
from digitrec.server.process import configure_process, freeze_heap, limit_shutdown, run_daily
from digitrec.server.request_bodies import BodyLimits
from digitrec.server.request_heads import limit_heads, protect_refusals
from digitrec.server.streamlit_patches import patch_sessions, patch_sign_in
from digitrec.server.websocket_messages import limit_messages
from digitrec.services import services
from digitrec.storage.retention import tidy
from digitrec.web.draw.preview import DRAWING, preview_drawing
from digitrec.web.explore.variation_preview import VARIATION, preview_variation
from digitrec.web.models.importing import delete_abandoned_imports
from digitrec.web.shared.notices import show_script_error
from digitrec.web.shared.preview import PREVIEW_PATH, preview_endpoint
from digitrec.web.shared.sign_in import end_sign_in


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Load models, storage and charts before the first visitor arrives, and clean up the history once a day."""
    # Importing Altair takes half a second, which the first visitor of a chart would have to wait.
    import digitrec.analytics.charts.common  # noqa: F401

    limit_shutdown(decoder_pool().close)
    services().warm_up()
    freeze_heap()
    cleanup_task = asyncio.create_task(run_daily(cleanup))
    yield
    cleanup_task.cancel()


def cleanup() -> None:
    """Delete what the settings no longer keep."""
    history = services().history_of(LOCAL_USER)
    tidy(history.database, history.images)
    delete_abandoned_imports()


configure_process()
limit_heads()
protect_refusals()
limit_messages()
patch_sessions()
try:
    configure_logging(settings().log_format)
    services().admission  # noqa: B018
    services().database  # noqa: B018
    if sign_in():
        patch_sign_in(end_sign_in)
except (SettingsError, StorageError) as error:
    raise SystemExit(f"digitrec can't start: {error}") from error

base_path = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")
app = st.App(
    "streamlit_app.py",
    lifespan=lifespan,
    routes=[
        # Streamlit would serve a page here.
        *(Route(base_path + path, RedirectResponse(base_path + "/api/docs")) for path in ("/api", "/api/")),
        WebSocketRoute(
            base_path + PREVIEW_PATH, preview_endpoint({DRAWING: preview_drawing, VARIATION: preview_variation})
        ),
        Mount(base_path + "/api", create_api(services())),
    ],
    middleware=[Middleware(SecurityMiddleware, base_path), Middleware(HostCheck), Middleware(BodyLimits)],
    on_script_error=show_script_error,
)
