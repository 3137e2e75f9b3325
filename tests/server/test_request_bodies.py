import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from digitrec.server import request_bodies
from digitrec.server.request_bodies import BodyLimits
from tests.support.app import eventually
from tests.support.asgi import serving

GRACE_SECONDS = 0.5
SIZE = 1_000_000


async def read(request):
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def ignore(request):
    return PlainTextResponse("ignored")


@pytest.fixture
def address(request):
    grace_seconds = getattr(request, "param", GRACE_SECONDS)
    routes = [Route("/read", read, methods=["POST"]), Route("/ignore", ignore, methods=["POST"])]
    with serving(Starlette(routes=routes, middleware=[Middleware(BodyLimits, grace_seconds)])) as address:
        yield address


@contextmanager
def request(address, path="/read", length=10, body=b""):
    """Open a connection and send a request with so much of its body."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body)
        yield connection


def status(connection):
    return int(connection.recv(10_000).split()[1])


def read_until_closed(connection):
    received = b""
    while part := connection.recv(10_000):
        received += part
    return received.decode()


def test_body_that_never_ends_is_refused_and_its_connection_closed(address):
    with request(address, body=b"12345") as connection:
        assert "408 Request Timeout" in read_until_closed(connection)


@pytest.mark.parametrize("path", ["/read", "/ignore", "/nothing"])
def test_trickling_body_is_not_read_forever(address, path, monkeypatch):
    monkeypatch.setattr(request_bodies, "_REST_SECONDS", GRACE_SECONDS)
    with request(address, path, length=10_000) as connection:
        connection.settimeout(0.05)
        received = b""
        for _ in range(10_000):
            connection.sendall(b"1")
            try:
                received = connection.recv(10_000)
                break
            except TimeoutError:
                pass
        assert b"connection: close" in received.lower()


@pytest.mark.slow
def test_body_that_arrives_may_take_longer(address, monkeypatch):
    monkeypatch.setattr(request_bodies, "_BYTES_PER_SECOND", 1)
    with request(address, body=b"12345") as connection:
        time.sleep(2 * GRACE_SECONDS)
        connection.sendall(b"67890")
        assert status(connection) == 200


@pytest.mark.parametrize("address", [60], indirect=True, ids=["patient"])
def test_body_that_nobody_reads_does_not_end_the_connection(address):
    with request(address, "/ignore", body=b"1234567890") as connection:
        assert status(connection) == 200
        connection.sendall(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
        assert status(connection) == 200


@pytest.mark.parametrize("address", [60], indirect=True, ids=["patient"])
def test_bytes_that_one_client_sends_at_once_are_limited(address, monkeypatch):
    monkeypatch.setattr(request_bodies, "_MAX_BYTES_PER_CLIENT", 15)

    def whole():
        with request(address, body=b"1234567890") as connection:
            return status(connection)

    assert [whole(), whole()] == [200, 200]
    with ExitStack() as others:
        others.enter_context(request(address, body=b"123456789"))
        eventually(whole, 429)
    eventually(whole, 200)


def test_two_bodies_of_one_client_are_handled_at_once():
    running, most, two = 0, 0, asyncio.Event()

    async def handle(request):
        nonlocal running, most
        size = 0
        async for part in request.stream():
            size += len(part)
            # The last part takes no turn, because handling the complete body may take a while.
            if size < SIZE:
                running += 1
                most = max(most, running)
                if running == 2:
                    two.set()
                await asyncio.wait_for(two.wait(), 20)
                await asyncio.sleep(0.001)
                running -= 1
        return PlainTextResponse("handled")

    app = Starlette(routes=[Route("/read", handle, methods=["POST"])], middleware=[Middleware(BodyLimits)])

    def send(_):
        with request(address, length=SIZE, body=bytes(SIZE)) as connection:
            return status(connection)

    with serving(app) as address, ThreadPoolExecutor(8) as senders:
        assert [*senders.map(send, range(8))] == [200] * 8
    assert most == 2
