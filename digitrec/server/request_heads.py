"""What uvicorn does with the heads of requests before the app sees them, where it has no setting. Tested with 0.54.

tests/server/test_request_heads.py fails if an upgrade breaks it.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from digitrec.server.middleware import SECURITY_HEADERS

_SECONDS = 20


def limit_heads(seconds: float = _SECONDS) -> None:
    """Close connections that take longer than ``seconds``, at most twice as long, to send the head of a request.

    This changes uvicorn's protocol, because Streamlit doesn't let the app choose another.
    """
    protocol: Any = AutoHTTPProtocol
    connection_made, connection_lost = protocol.connection_made, protocol.connection_lost

    def check(self: Any, last_answered: object) -> None:
        if self.transport.get_protocol() is not self:
            # A websocket has its own protocol.
            return
        answered = _last_answered(self)
        if answered is not None and answered is last_answered:
            self.transport.close()
        else:
            self.head_check = self.loop.call_later(seconds, check, self, answered)

    def begin(self: Any, transport: asyncio.Transport) -> None:
        connection_made(self, transport)
        self.head_check = self.loop.call_later(seconds, check, self, _last_answered(self))

    def end(self: Any, error: Exception | None) -> None:
        self.head_check.cancel()
        connection_lost(self, error)

    protocol.connection_made, protocol.connection_lost = begin, end


def protect_refusals() -> None:
    """Add the security headers to the response to what isn't valid HTTP."""

    def refuse(self: Any, message: str) -> None:
        headers = {**SECURITY_HEADERS, "Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        head = "\r\n".join(("HTTP/1.1 400 Bad Request", *map(": ".join, headers.items())))
        self.transport.write(f"{head}\r\n\r\n{message}".encode())
        self.transport.close()

    protocol: Any = AutoHTTPProtocol
    protocol.send_400_response = refuse


def _last_answered(protocol: Any) -> object:
    """Return an object that identifies the last answered request, or None while a request is being answered."""
    cycle = protocol.cycle
    if cycle is None:
        return protocol
    return cycle if cycle.response_complete else None
