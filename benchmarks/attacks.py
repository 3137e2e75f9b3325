"""The attacks of ``benchmarks.abuse``: how one anonymous client may try to stop the server for everyone else."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import numpy as np
import websockets
from numpy.typing import NDArray
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg

from digitrec.samples import CANVAS_SIDE, NUMBER_CANVAS_WIDTH, ink_to_png
from tests.support.client import Previews, ScriptRun, Session
from tests.support.hostile import (
    dots,
    flat_image,
    json_with_unknown_keys,
    large_canvas_value,
    progressive_jpeg,
    with_text,
)
from tests.support.pictures import data_url, drawing_png, encode_image

ATTACKER = "127.0.0.2"
"""The attacker's address, so that rate limits tell it from everyone else. On Linux, all of 127.0.0.0/8 is loopback."""
_SESSIONS, _REPETITIONS = 20, 10
NO_ANSWER = (OSError, RuntimeError, aiohttp.ClientError, websockets.WebSocketException)
"""Errors of clients whose server doesn't answer, or not as expected."""


class Attacker:
    """One client: requests, page sessions and bare connections, all from its own address."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url, self.http = url, http

    async def send(self, method: str, path: str, **content: Any) -> str:
        """Send a request and return the status of the response."""
        async with self.http.request(method, self.url + path, **content) as response:
            await response.read()
            return str(response.status)

    def predict(self, files: Iterable[bytes], **fields: str) -> Iterable[Coroutine[Any, Any, str]]:
        """Send image files to the API, each with these fields."""
        return (self.send("POST", "/api/predict", data={"file": file, **fields}) for file in files)

    def session(self, page: str = "") -> Session:
        """Return a session of a page, to be entered."""
        return Session(self.url, page, address=ATTACKER)

    async def open_websocket(self, origin: str) -> str:
        """Open a websocket from a page of this origin and wait until the server closes it."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        options = {"subprotocols": ["streamlit"], "local_addr": (ATTACKER, 0), "origin": origin}
        async with websockets.connect(address, **options) as opened:
            await opened.wait_closed()
        return f"closed {opened.close_code}"

    async def trickle(self, start: bytes, more: bytes) -> str:
        """Send the start of a request, and a little more every second until the server closes the connection."""
        server = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(server.hostname, server.port, local_addr=(ATTACKER, 0))
        received = b""
        try:
            writer.write(start)
            await writer.drain()
            while not reader.at_eof():
                with suppress(TimeoutError):
                    received += await asyncio.wait_for(reader.read(2**16), 1)
                writer.write(more)
        finally:
            writer.close()
        return received[9:12].decode() or "closed"


Attack = Callable[[Attacker], Iterable[Coroutine[Any, Any, str]]]
"""Returns the coroutines to run at once; the result of each says how the server answered."""


def _sessions(
    use: Callable[[Session], Awaitable[Sequence[ScriptRun]]], number: int = _SESSIONS, page: str = ""
) -> Attack:
    """Open sessions of a page at once, and run something in each."""

    async def one(attacker: Attacker) -> str:
        async with attacker.session(page) as session:
            runs = await use(session)
        busy = sum("erver busy" in run.text or "server is busy" in run.text for run in runs)
        return f"busy in {busy} of {len(runs)} runs"

    return lambda attacker: (one(attacker) for _ in range(number))


def _wide_stroke() -> Attack:
    drawing = large_canvas_value(strokes=2, stroke_width=4_000_000)

    async def draw_and_clear(session: Session) -> list[ScriptRun]:
        return [await session.run(drawing), await session.draw(())]

    return _sessions(draw_and_clear, 1)


def _drawings(drawing: dict[str, Any], times: int = _REPETITIONS, sessions: int = _SESSIONS, mode: str = "") -> Attack:
    async def draw_and_look(session: Session) -> list[ScriptRun]:
        if mode:
            await session.choose("draw-mode", mode)
        return [*[await session.run(drawing) for _ in range(times)], await session.run(page="history")]

    return _sessions(draw_and_look, sessions)


def _dots_in_previews() -> Attack:
    image = data_url(ink_to_png(_hostile_ink()))

    async def preview(attacker: Attacker) -> str:
        async with attacker.session() as session:
            await session.choose("draw-mode", "Number")
            async with Previews(session) as previews:
                answers = [await previews.ask(image, lifted=True) for _ in range(10 * _REPETITIONS)]
        return f"{sum(map(bool, answers))} of {len(answers)} answered"

    return lambda attacker: (preview(attacker) for _ in range(_SESSIONS))


def _page(page: str) -> Attack:
    async def visit(session: Session) -> list[ScriptRun]:
        return [await session.run(page=page) for _ in range(_REPETITIONS)]

    return _sessions(visit, page=page)


def _hostile_ink() -> NDArray[np.uint8]:
    """Return a drawing that takes as long as possible: a row of thin strokes above many dots."""
    ink = dots(NUMBER_CANVAS_WIDTH, CANVAS_SIDE)
    middle = slice(CANVAS_SIDE // 2 - 7, CANVAS_SIDE // 2 + 7)
    ink[middle] = 0
    ink[middle, 4::4] = 255
    return ink


def _images(files: Sequence[bytes], **fields: str) -> Attack:
    return lambda attacker: attacker.predict(files, **fields)


def _unknown_keys() -> Attack:
    content = {"data": json_with_unknown_keys(1_000_000), "headers": {"Content-Type": "application/json"}}
    return lambda attacker: [attacker.send("POST", "/api/predict", **content)]


def _uploads(number: int, *, at_once: bool = False) -> Attack:
    file = bytes(9_900_000)

    async def upload(attacker: Attacker) -> str:
        async with attacker.session() as session:
            async with attacker.http.get(attacker.url + "/_stcore/health") as response:
                token = response.cookies["_streamlit_xsrf"].value
            headers = {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
            folder = f"/_stcore/upload_file/{session.id}"
            works = [
                attacker.send("PUT", f"{folder}/{each}", data={"file": file}, headers=headers) for each in range(number)
            ]
            answers = await asyncio.gather(*works) if at_once else [await work for work in works]
        return f"{answers.count('204')} of {number} stored"

    return lambda attacker: [upload(attacker)]


def _connections(number: int, start: bytes, more: bytes) -> Attack:
    """Open connections on which a start arrives and, every second, something more."""
    return lambda attacker: (attacker.trickle(start, more) for _ in range(number))


def _frames(number: int, start: bytes, more: bytes = b"") -> Attack:
    """Open websockets on which frames arrive. Their masks are zeros, which leave the data as it is."""
    head = (
        "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        "Sec-WebSocket-Protocol: streamlit\r\n\r\n"
    )
    return _connections(number, head.encode() + start, more)


def _unfinished_messages(number: int, size: int, sent: int) -> Attack:
    return _frames(number, b"\x02\xff" + size.to_bytes(8) + bytes(4 + sent))


def _unfinished_bodies(number: int) -> Attack:
    head = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9900000"
    return _connections(number, head + b"\r\n\r\n" + 9_800_000 * b" ", b" ")


def _foreign_origins() -> Attack:
    return lambda attacker: (attacker.open_websocket("https://example.org") for _ in range(50))


def _clear_cache() -> Attack:
    async def clear(session: Session) -> list[ScriptRun]:
        await session.socket.send(BackMsg(clear_cache=True).SerializeToString())
        return [await session.run()]

    return _sessions(clear, 1)


def _metadata() -> Attack:
    # A number of small chunks, and one that unpacks to 100 MB, in drawings and in files.
    file = with_text(drawing_png(7), 100)
    many = drawing_png(7)
    for _ in range(2_000):
        many = with_text(many, 0)
    draw = _drawings(large_canvas_value(strokes=2, image=file), sessions=5)
    return lambda attacker: chain(attacker.predict(10 * [file, many]), draw(attacker))


ATTACKS: dict[str, Callable[[], Attack]] = {
    "stroke 4,000,000 pixels wide, then Undo": _wide_stroke,
    "drawing of 100,000 strokes, then History": lambda: _drawings(
        large_canvas_value(strokes=100_000), times=1, sessions=1
    ),
    "drawings of 500 strokes in 20 sessions": lambda: _drawings(large_canvas_value(strokes=500, points=25)),
    "progressive JPEGs of 150 and 3,000 scans": lambda: _images([progressive_jpeg(150), progressive_jpeg(3000)]),
    "two PNGs of 50 megapixels at once": lambda: _images(2 * [flat_image(50)]),
    "two PNGs of 24 megapixels at once": lambda: _images(2 * [flat_image(24)]),
    "104 HEIC files of 24 megapixels at once": lambda: _images(
        # It takes several times as long to build with the default preset.
        104 * [flat_image(24, "HEIF", enc_params={"preset": "ultrafast"})]
    ),
    "JSON with a million unknown keys": _unknown_keys,
    "100 PNGs of 24 megapixels at once": lambda: _images(100 * [flat_image(24)]),
    "30 uploads of 9.9 MB in one session": lambda: _uploads(30),
    "100 uploads of 9.9 MB at once": lambda: _uploads(100, at_once=True),
    "unfinished websocket message of 190 MB": lambda: _unfinished_messages(1, 195_000_000, 190_000_000),
    "100 unfinished websocket messages of 4.9 MB": lambda: _unfinished_messages(100, 4_900_000, 4_900_000),
    "websocket messages in parts without end": lambda: _frames(
        4, b"\x02\x81" + bytes(5), 100_000 * (b"\x00\x81" + bytes(5))
    ),
    "websocket pings without end": lambda: _frames(4, b"", 100_000 * (b"\x89\x80" + bytes(4))),
    "15 unfinished HTTP bodies of 9.8 MB": lambda: _unfinished_bodies(15),
    "200 unfinished request heads": lambda: _connections(
        200, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-More: 1\r\n"
    ),
    "50 websockets with a foreign Origin": _foreign_origins,
    "clear_cache messages": _clear_cache,
    "dots on the canvas in number mode": lambda: _drawings(
        large_canvas_value(strokes=2, image=ink_to_png(_hostile_ink())), mode="Number"
    ),
    "dots in previews of numbers": _dots_in_previews,
    "dots in images sent to the API": lambda: _images(
        _SESSIONS * [encode_image(Image.fromarray(np.pad(dots(960, 960), 20)))], mode="auto"
    ),
    "PNGs with 100 MB of metadata": _metadata,
    "Explore page in 20 sessions": lambda: _page("explore"),
    "About page in 20 sessions": lambda: _page("about"),
    "History page in 20 sessions": lambda: _page("history"),
}


_attack: Attack


def prepare(name: str) -> None:
    """Build the files of an attack in this process."""
    global _attack
    _attack = ATTACKS[name]()


def attack(url: str, seconds: float) -> Counter[str]:
    """Repeat the prepared attack with a second in between, and return how often each answer came back."""
    return asyncio.run(_repeat(_attack, url, seconds))


async def _repeat(send: Attack, url: str, seconds: float) -> Counter[str]:
    answers = Counter[str]()

    async def count(work: Coroutine[Any, Any, str]) -> None:
        answer = "no answer"
        try:
            answer = await work
        except websockets.InvalidStatus as refusal:
            answer = str(refusal.response.status_code)
        except websockets.ConnectionClosed as closed:
            answer = f"closed {closed.rcvd.code}" if closed.rcvd else "closed"
        except NO_ANSWER as error:
            answer = type(error).__name__
        finally:
            answers[answer] += 1

    connector = aiohttp.TCPConnector(limit=0, local_addr=(ATTACKER, 0))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), aiohttp.ClientSession(connector=connector) as http:
            while True:
                await asyncio.gather(*map(count, send(Attacker(url, http))))
                await asyncio.sleep(1)
    return answers
