"""Limits on websocket messages that arrive in parts, for which uvicorn has no settings. Tested with version 0.54.

tests/server/test_websocket_messages.py fails if an upgrade breaks it.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets import websockets_sansio_impl
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from digitrec.server.addresses import client_network
from digitrec.server.middleware import SECURITY_HEADERS

_MAX_BYTES_PER_CLIENT = 32 * 2**20
_FRAMES_PER_SECOND = 100
_MAX_FRAMES = 1000
_SLICE_BYTES = 4096
_POLICY_VIOLATION = 1008


class ProtectedHandshake(ServerProtocol):
    """The library's protocol, which refuses what isn't a valid handshake before the app sees it."""

    def send_response(self, response: Response) -> None:
        """Send a response to a handshake, with the security headers."""
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        super().send_response(response)


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, closed if a message takes too long, or if too many frames arrive.

    It is also closed if its client leaves too many bytes of messages unfinished, on all of its websockets together.
    uvicorn itself limits the bytes of one message, and sends pings, which clients can answer between its parts.
    """

    seconds = 60.0  # How long a message may take.

    _held: ClassVar[Counter[str]] = Counter()  # Bytes of unfinished messages, by client.
    _client: str | None = None
    _bytes = 0
    _timer: asyncio.TimerHandle | None = None
    _frames = 0.0  # Counts down while none arrive.
    _counted_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Handle what has arrived. It may complete some messages and begin another."""
        # The event loop waits for a second while a quarter of a megabyte of small frames is handled.
        for start in range(0, len(data), _SLICE_BYTES):
            super().data_received(data[start : start + _SLICE_BYTES])
            if self._is_closing():
                return
            if self._frames > _MAX_FRAMES:
                self._give_up("Too many frames.")
                return
        if self.handshake_complete:
            self._check_unfinished()

    def handle_events(self) -> None:
        """Count frames before they are handled."""
        now = self.loop.time()
        self._frames = max(0.0, self._frames - _FRAMES_PER_SECOND * (now - self._counted_at)) + len(self.conn.events)
        self._counted_at = now
        super().handle_events()

    def send_receive_event_to_app(self) -> None:
        """Pass on a complete message."""
        self._stop_timer()
        super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        self._charge(0)
        super().connection_lost(exc)

    def _check_unfinished(self) -> None:
        # The size is None between messages, and may be 0 within one.
        buffered, size = len(self.conn.reader.buffer), self.conn.current_size
        self._charge(buffered + (size or 0))
        if not buffered and size is None:
            self._stop_timer()
        elif self._client and self._held[self._client] > _MAX_BYTES_PER_CLIENT:
            self._give_up("Too many unfinished messages.")
        elif not self._timer:
            self._timer = self.loop.call_later(self.seconds, self._give_up, "The message arrived too slowly.")

    def _charge(self, size: int) -> None:
        """Charge the client for the bytes of the unfinished message of this connection."""
        # Behind a proxy, the client is known only after the handshake.
        if self._client is None:
            self._client = client_network((self.scope["client"] or [None])[0]) if size else None
        if self._client:
            self._held[self._client] += size - self._bytes
            self._bytes = size
            if not self._held[self._client]:
                del self._held[self._client]

    def _give_up(self, reason: str) -> None:
        if not self._is_closing():
            self.conn.fail(_POLICY_VIOLATION, reason)
            # As after an invalid frame.
            self.handle_parser_exception()

    def _is_closing(self) -> bool:
        return self.close_sent or self.transport.is_closing()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def limit_messages() -> None:
    """Limit the messages of all websockets, and add the security headers to every response to a handshake.

    This changes uvicorn's protocol, because Streamlit has chosen the class of websockets before it loads the app.
    """
    protocol: Any = AutoHTTPProtocol
    upgrade = protocol.handle_websocket_upgrade

    def upgrade_to_limited(self: Any, *arguments: Any) -> None:
        self.ws_protocol_class = LimitedWebSocket
        upgrade(self, *arguments)

    protocol.handle_websocket_upgrade = upgrade_to_limited
    websockets_sansio_impl.ServerProtocol = ProtectedHandshake  # type: ignore[attr-defined]
