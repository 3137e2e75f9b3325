"""The names under which browsers may reach the server, and the pages that may open its websocket."""

import logging
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings

_UNKNOWN_HOST = (
    "This server doesn't answer to the name in the address. Use localhost or its IP address, or ask the operator to "
    "add the name to DIGITREC_HOSTS."
)
_FOREIGN_ORIGIN = "Only pages of this server may open its websocket. A proxy has to pass on the Host header."

logger = logging.getLogger(__name__)


class HostCheck:
    """Refuses requests to unknown names, and websockets that a page of another site opens.

    In DNS rebinding, a site points its own name at the address of this server, so that browsers treat the server as
    part of the site. The attack needs a name, so every IP address is allowed; health checks use them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or websocket."""
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            host, origin = headers.get("host", ""), headers.get("origin")
            if not _is_known(host):
                await PlainTextResponse(_UNKNOWN_HOST, 400)(scope, receive, send)
                return
            # Streamlit would first look up its external address, and everyone would wait meanwhile.
            if scope["type"] == "websocket" and origin is not None and origin.partition("://")[2] != host:
                logger.info("A page of another site tried to open the websocket: %.100s", origin)
                await PlainTextResponse(_FOREIGN_ORIGIN, 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _is_known(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        ip_address(name)
    except ValueError:
        config = sign_in()
        known = {"localhost", *settings().hosts, *([urlsplit(config.redirect_uri).hostname] if config else [])}
        return name.removesuffix(".") in known
    return True
