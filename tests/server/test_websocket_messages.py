import time
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from digitrec.server import websocket_messages
from digitrec.server.websocket_messages import LimitedWebSocket
from tests.support.app import eventually
from tests.support.asgi import serving

SECONDS = 0.5


async def echo(scope, receive, send):
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": message["bytes"]})


@pytest.fixture
def url(monkeypatch):
    monkeypatch.setattr(LimitedWebSocket, "seconds", SECONDS)
    with serving(echo, ws=LimitedWebSocket) as (host, port):
        yield f"ws://{host}:{port}"
    assert not LimitedWebSocket._held


def frame(opcode, data=b"", fin=False):
    return Frame(opcode, data, fin).serialize(mask=True)


def send(websocket, *frames):
    """Send frames as they are, which clients of the library don't do, and return whether the server took them."""
    try:
        websocket.socket.sendall(b"".join(frames))
    except OSError:
        return False
    return True


def close_code(websocket):
    with pytest.raises(ConnectionClosed) as closed:
        websocket.recv(20)
    return closed.value.rcvd.code if closed.value.rcvd else None


@pytest.mark.parametrize(
    "parts",
    [
        [frame(Opcode.BINARY, b"1"), frame(Opcode.CONT, b"2")],
        [frame(Opcode.BINARY), frame(Opcode.PING, fin=True)],
        [frame(Opcode.BINARY, b"12345")[:7]],
    ],
    ids=["parts", "empty part and ping", "part of a frame"],
)
def test_unfinished_message_closes_the_websocket(url, parts):
    with connect(url) as websocket:
        send(websocket, *parts)
        assert close_code(websocket) == 1008


def test_unfinished_message_after_a_complete_one_closes_the_websocket(url):
    with connect(url) as websocket:
        send(websocket, frame(Opcode.BINARY, b"1", fin=True), frame(Opcode.BINARY, b"23", fin=True)[:1])
        assert websocket.recv(20) == b"1"
        assert close_code(websocket) == 1008


@pytest.mark.parametrize(
    "more",
    [frame(Opcode.CONT), frame(Opcode.CONT, b"1"), frame(Opcode.PING, fin=True)],
    # Frames are masked at random.
    ids=["empty part", "part", "ping"],
)
def test_message_that_never_ends_closes_the_websocket(url, more):
    with connect(url) as websocket:
        send(websocket, frame(Opcode.BINARY, b"1"))
        while send(websocket, more):
            time.sleep(0.01)
        assert close_code(websocket) in (1008, None)


@pytest.mark.slow
def test_messages_in_parts_arrive_and_each_has_its_own_time(url, monkeypatch):
    monkeypatch.setattr(LimitedWebSocket, "seconds", 2 * SECONDS)
    with connect(url) as websocket:
        for _ in range(8):
            websocket.send(iter([b"1", b"", b"23"]))
            assert websocket.recv(20) == b"123"
            # Begins in the same packet as the end of the one before.
            send(websocket, frame(Opcode.BINARY, b"4"), frame(Opcode.CONT, b"5", fin=True), frame(Opcode.BINARY, b"6"))
            assert websocket.recv(20) == b"45"
            time.sleep(SECONDS / 3)
            send(websocket, frame(Opcode.CONT, b"7", fin=True))
            assert websocket.recv(20) == b"67"
        time.sleep(3 * SECONDS)
        websocket.send(b"still open")
        assert websocket.recv(20) == b"still open"


@pytest.mark.parametrize("kind", ["parts", "pings", "messages"])
def test_flood_of_small_frames_closes_the_websocket(url, monkeypatch, kind):
    monkeypatch.setattr(LimitedWebSocket, "seconds", 60)
    first, more = {
        "parts": (frame(Opcode.BINARY), frame(Opcode.CONT)),
        "pings": (b"", frame(Opcode.PING, fin=True)),
        "messages": (b"", frame(Opcode.BINARY, b"1", fin=True)),
    }[kind]
    with connect(url, max_queue=None) as websocket:
        send(websocket, first, more * (2 * websocket_messages._MAX_FRAMES))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                websocket.recv(20)
    assert closed.value.rcvd.code == 1008


def test_frames_at_a_moderate_rate_are_accepted(url, monkeypatch):
    monkeypatch.setattr(websocket_messages, "_MAX_FRAMES", 20)
    monkeypatch.setattr(websocket_messages, "_FRAMES_PER_SECOND", 1000)
    with connect(url) as websocket:
        for _ in range(10):
            for _ in range(10):
                websocket.send(b"1")
                assert websocket.recv(20) == b"1"
            time.sleep(0.02)


def test_unfinished_bytes_of_one_client_are_limited(url, monkeypatch):
    monkeypatch.setattr(LimitedWebSocket, "seconds", 60)
    monkeypatch.setattr(websocket_messages, "_MAX_BYTES_PER_CLIENT", 2500)
    with ExitStack() as sockets:
        # The server never answers the request to close a websocket in the middle of a message.
        whole, parts, third = (sockets.enter_context(connect(url, close_timeout=0)) for _ in range(3))
        send(whole, frame(Opcode.BINARY, bytes(2000), fin=True)[:1000])
        eventually(lambda: LimitedWebSocket._held.total() > 900, True)
        send(parts, frame(Opcode.BINARY, bytes(1000)))
        eventually(lambda: LimitedWebSocket._held.total() > 1900, True)
        send(third, frame(Opcode.BINARY, bytes(1000)))
        assert close_code(third) == 1008

        send(parts, frame(Opcode.CONT, b"1", fin=True))
        assert len(parts.recv(20)) == 1001
        fourth = sockets.enter_context(connect(url))
        send(fourth, frame(Opcode.BINARY, bytes(1000)), frame(Opcode.CONT, b"1", fin=True))
        assert len(fourth.recv(20)) == 1001
