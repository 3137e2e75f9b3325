"""Limits on request bodies: how slowly they may arrive, and how many bytes the server holds for one client."""

import asyncio
from contextlib import AsyncExitStack, suppress
from weakref import WeakValueDictionary

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.server.addresses import client_network

_GRACE_SECONDS = 20
_BYTES_PER_SECOND = 32 * 2**10
_MAX_BYTES_PER_CLIENT = 96 * 2**20
_REST_SECONDS = 5
_SLOTS = 2


class _Client:
    """What the requests of one client share."""

    def __init__(self) -> None:
        self.held = 0
        """Bytes of bodies that the server holds."""
        self.slots = asyncio.Semaphore(_SLOTS)
        """A body needs one while a part of it is handled; otherwise, a hundred bodies would delay everyone."""


class BodyLimits:
    """Refuses bodies that arrive too slowly, and those of clients that send too much at once."""

    def __init__(self, app: ASGIApp, grace_seconds: float = _GRACE_SECONDS) -> None:
        """Expect a body within ``grace_seconds``, plus a second for each 32 KB that have arrived."""
        self.app, self.grace_seconds = app, grace_seconds
        self._clients: WeakValueDictionary[str, _Client] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not {"content-length", "transfer-encoding"} & {*Headers(scope=scope)}:
            await self.app(scope, receive, send)
            return
        client = self._clients.setdefault(client_network((scope.get("client") or [None])[0]), _Client())
        body = _Body(receive, client, self.grace_seconds)

        async def send_after_body(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.skip_rest():
                # Otherwise uvicorn keeps reading for as long as bytes arrive.
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            await self.app(scope, body.receive, send_after_body)
        finally:
            await body.release()


class _Body:
    """The body of one request."""

    def __init__(self, receive: Receive, client: _Client, grace_seconds: float) -> None:
        self._receive, self._client = receive, client
        self._time = asyncio.get_running_loop().time
        self._due = self._time() + grace_seconds
        self._bytes = 0
        self._is_complete = False
        self._slot = AsyncExitStack()

    async def receive(self) -> Message:
        """Return the next part of the body and charge the client for it. Raises HTTPException at a limit."""
        await self._slot.aclose()
        message = await self._next()
        size = len(message.get("body", b""))
        self._bytes += size
        self._client.held += size
        if self._client.held > _MAX_BYTES_PER_CLIENT:
            raise HTTPException(
                429, "You are sending too much at once. Send one request at a time.", {"Retry-After": "1"}
            )
        if not self._is_complete:
            start = self._time()
            await self._slot.enter_async_context(self._client.slots)
            self._due += self._time() - start
        return message

    async def skip_rest(self) -> bool:
        """Wait briefly for the rest of the body, discard it, and return whether it arrived.

        Clients that are still sending when the connection closes never see the response.
        """
        await self._slot.aclose()
        with suppress(HTTPException, TimeoutError):
            async with asyncio.timeout(_REST_SECONDS):
                while not self._is_complete:
                    await self._next()
        return self._is_complete

    async def release(self) -> None:
        """Stop charging the client."""
        await self._slot.aclose()
        self._client.held -= self._bytes

    async def _next(self) -> Message:
        if self._is_complete:
            # Only the client's disconnect can follow, which may take any time.
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The request arrived too slowly. Send it again.") from None
        self._due += len(message.get("body", b"")) / _BYTES_PER_SECOND
        self._is_complete = not message.get("more_body", False)
        return message
