"""The real app in a process of its own, and a real browser on it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser, Page, sync_playwright

from digitrec.imaging.strokes import Stroke, smooth
from tests.support.chromium import FLAGS, find

Seen = TypeVar("Seen")
ROOT = Path(__file__).parents[2]


class Server:
    """A running app: its address and its process."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.process = process


@contextmanager
def running_app(
    entry: str = "server.py", *, port: int | None = None, within: Sequence[str] = (), **environment: str
) -> Iterator[Server]:
    """Start the app, on a free port unless one is named, wait until it answers, and stop it at the end.

    ``within`` is a command that runs the command it is given.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", entry, f"--server.port={port}"]
    options = ["--server.headless=true", "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        [*within, *command, *options], cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        wait_for(f"{server.url}/_stcore/health", process)
        yield server
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(address: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return once a process that was started answers at its address."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server stopped with exit status {process.returncode}.")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("The server did not answer.")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium and stop it at the end."""
    path, environment = find() or (None, None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), env=environment)
        yield browser
        browser.close()


def open_app(page: Page, url: str) -> None:
    """Open the Draw page and wait until one can draw."""
    page.goto(url)
    page.locator("canvas.upper-canvas").wait_for()
    page.get_by_text("Show every step").wait_for()


def eventually(look: Callable[[], object], expected: object, seconds: float = 20) -> None:
    """Assert that what one sees becomes what is expected: a page is drawn piece by piece, on a slow machine slowly."""
    deadline = time.monotonic() + seconds
    while (seen := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen == expected


def settled(look: Callable[[], Seen], seconds: float = 20) -> Seen:
    """What one sees once it has stayed the same for a second."""
    deadline = time.monotonic() + seconds
    seen, since = look(), time.monotonic()
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline, f"It still changes: {seen}"
        time.sleep(0.1)
        if (now := look()) != seen:
            seen, since = now, time.monotonic()
    return seen


def draw(page: Page, strokes: Sequence[Stroke], settle: bool = True) -> None:
    """Draw strokes, in canvas pixels, with the mouse, and, to settle, wait until the page is done with them.

    However small the canvas is shown.
    """
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    scale = box["width"] / canvas.evaluate("canvas => parseFloat(canvas.style.width)")

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + scale * x, box["y"] + scale * y)

    for stroke in strokes:
        first, *rest = smooth(stroke.points)[::2].tolist()
        move(*first)
        page.mouse.down()
        for point in rest:
            move(*point)
        page.mouse.up()
    if settle:
        # The canvas waits 200 ms for a further stroke before it sends.
        page.wait_for_timeout(300)
        page.locator("[data-test-script-state=notRunning]").wait_for()
