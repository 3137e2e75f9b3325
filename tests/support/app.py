"""The real app in a separate process, and a real browser to use it with."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from playwright.sync_api import Browser, Page, WebSocketRoute, sync_playwright

from digitrec.imaging.strokes import Stroke, smooth_curve
from tests.support.chromium import FLAGS, find

Value = TypeVar("Value")
ROOT = Path(__file__).parents[2]

# Notes when the page was last used, last asked the server for a run of the script, and last heard from it.
WATCH_RUNS = """() => {
    window.acted = performance.now();
    if (window.heard !== undefined) return;
    window.heard = 0;
    const { send } = WebSocket.prototype;
    const hear = () => { window.heard = performance.now(); };
    WebSocket.prototype.send = function (message) {
        if (this.url.endsWith("/_stcore/stream")) {
            window.asked = performance.now();
            this.addEventListener("message", hear);
        }
        return send.call(this, message);
    };
    document.addEventListener("mouseup", () => { window.acted = performance.now(); }, true);
}"""
# Several requests may share one run, whose state may pass too fast to be seen.
HAS_RUN = """document.querySelector("[data-test-script-state=notRunning]")
    && window.asked < window.heard && window.heard + 300 < performance.now()"""


class Server(NamedTuple):
    """A running app: its address and its process."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def running_app(
    entry: str = "server.py",
    *,
    port: int | None = None,
    base_path: str = "",
    within: Sequence[str] = (),
    **environment: str,
) -> Iterator[Server]:
    """Start the app, wait until it answers, and stop it at the end.

    It listens on ``port``, or on a free one, and serves pages below ``base_path``. ``within`` is a command that runs
    the command given to it.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", entry, f"--server.port={port}"]
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.baseUrlPath={base_path}"]
    environment = {**os.environ, **environment}
    with running([*within, *command, *options], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        server = Server(f"http://127.0.0.1:{port}{base_path}", process)
        wait_for(f"{server.url}/_stcore/health", process)
        yield server


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, with these options of ``Popen``, and stop it at the end."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process that was just started answers; raises RuntimeError if it stops, or TimeoutError."""
    deadline = time.monotonic() + 60
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


def visit(page: Page, address: str) -> None:
    """Open a page of the app and wait until its script has run."""
    page.add_init_script(f"({WATCH_RUNS})()")
    page.goto(address)
    wait_for_run(page)


def open_app(page: Page, url: str) -> None:
    """Open the Draw page and wait until it is ready for drawing."""
    visit(page, url)
    page.locator("canvas.upper-canvas").wait_for()
    page.locator(".st-key-details").wait_for()


def wait_for_run(page: Page) -> None:
    """Wait until the script has run for every request of a page that ``visit`` opened."""
    page.wait_for_function(HAS_RUN, polling=20)


class SlowConnection:
    """The connection between a page that is yet to be opened and an app that is slow at times."""

    def __init__(self, page: Page) -> None:
        self.is_slow = False
        self.held: list[Callable[[], None]] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        app = socket.connect_to_server()
        socket.on_message(
            lambda message: self.held.append(partial(app.send, message)) if self.is_slow else app.send(message)
        )

    def release(self) -> None:
        """Deliver what the page sent while the app was slow."""
        self.is_slow = False
        for send in self.held:
            send()
        self.held.clear()


def eventually(look: Callable[[], object], expected: object, seconds: float = 20) -> None:
    """Assert that ``look`` returns what is expected sooner or later: a page is rendered piece by piece."""
    deadline = time.monotonic() + seconds
    while (value := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert value == expected


def settled(look: Callable[[], Value]) -> Value:
    """Return what ``look`` returns once that has stayed the same for a second."""
    deadline = time.monotonic() + 20
    value, since = look(), time.monotonic()
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline, f"It still changes: {value}"
        time.sleep(0.1)
        if (latest := look()) != value:
            value, since = latest, time.monotonic()
    return value


def wait_for_animations(page: Page) -> None:
    """Wait until nothing on the page fades or moves any more, other than what always moves."""
    page.wait_for_function("""document.getAnimations().every(({playState, effect}) =>
        playState !== "running" || effect.getComputedTiming().endTime === Infinity)""")


@contextmanager
def app_run(page: Page) -> Iterator[None]:
    """Wait until the script has run because of what the body of the ``with`` block does."""
    page.evaluate(WATCH_RUNS)
    yield
    page.wait_for_function(f"window.acted < window.asked && {HAS_RUN}", polling=20)


def draw(page: Page, strokes: Sequence[Stroke], settle: bool = True) -> None:
    """Draw strokes, in canvas pixels, with the mouse; to settle, wait until the app has handled the last one.

    The canvas may be displayed at any size.
    """
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    scale = box["width"] / canvas.evaluate("canvas => parseFloat(canvas.style.width)")

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + scale * x, box["y"] + scale * y)

    page.evaluate(WATCH_RUNS)
    for stroke in strokes:
        first, *rest = smooth_curve(stroke.points)[::2].tolist()
        move(*first)
        page.mouse.down()
        for point in rest:
            move(*point)
        page.mouse.up()
    if settle:
        # The canvas sends 200 ms after the last stroke.
        page.wait_for_function(f"window.acted < window.asked && {HAS_RUN}", polling=20)
