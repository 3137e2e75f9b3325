import asyncio
import socket

import pytest
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from digitrec.server.request_heads import limit_heads
from tests.support.asgi import serving

SECONDS = 0.2
LONG = 1  # For connections that must stay open: a busy client may take a while to send a request.
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def slow_app(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await asyncio.sleep(1.5 * LONG)
        await send({"type": "websocket.close", "code": 4000})
        return
    await asyncio.sleep(1.5 * LONG)
    await PlainTextResponse("answered")(scope, receive, send)


long = pytest.mark.parametrize("connection", [pytest.param(LONG, marks=pytest.mark.slow)], indirect=True)


@pytest.fixture
def connection(request, monkeypatch):
    """Open a connection to a server with a time limit, which ends with the test."""
    for name in ("connection_made", "connection_lost"):
        monkeypatch.setattr(AutoHTTPProtocol, name, getattr(AutoHTTPProtocol, name))
    limit_heads(getattr(request, "param", SECONDS))
    with serving(slow_app) as address, socket.create_connection(address, timeout=20) as connection:
        yield connection


def trickle_until_closed(connection):
    """Send header after header, and return what came before the server closed the connection."""
    connection.settimeout(0.05)
    for _ in range(400):
        try:
            connection.sendall(b"X: 1\r\n")
            return connection.recv(1000)
        except TimeoutError:
            pass
        except OSError:
            return b""
    pytest.fail("If uvicorn was upgraded, digitrec.server.request_heads has to be adapted.")


@pytest.mark.parametrize("start", [b"", REQUEST[:10]], ids=["idle", "first line"])
def test_silent_connection_is_closed(connection, start):
    connection.sendall(start)

    assert connection.recv(1000) == b""


def test_head_that_never_ends_closes_the_connection(connection):
    connection.sendall(REQUEST[:-2])

    assert trickle_until_closed(connection) == b""


@long
def test_second_head_on_a_connection_is_limited_too(connection):
    connection.sendall(REQUEST)
    assert b"answered" in connection.recv(1000)
    connection.sendall(REQUEST[:-2])

    assert trickle_until_closed(connection) == b""


@long
def test_response_may_take_longer(connection):
    for _ in range(2):
        connection.sendall(REQUEST)
        assert b"answered" in connection.recv(1000)


@long
def test_websocket_stays_open(connection):
    with connect("ws://x/", sock=connection.dup()) as websocket, pytest.raises(ConnectionClosed) as closed:
        websocket.recv(20)

    assert closed.value.rcvd.code == 4000
