"""Any ASGI app behind the HTTP server that Streamlit uses, in this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.support.app import free_port


@contextmanager
def serving(app: ASGIApp, **options: Any) -> Iterator[tuple[str, int]]:
    """Serve the app in a thread, with these uvicorn options, and yield its address."""
    address = "127.0.0.1", free_port()
    server = uvicorn.Server(uvicorn.Config(app, *address, lifespan="off", log_level="critical", **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()
