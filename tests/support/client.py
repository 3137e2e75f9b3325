"""A client that talks to the app over its websocket, as a browser does, but without the browser."""

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urljoin

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from digitrec.imaging.strokes import Stroke
from tests.support.pictures import canvas_state

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """The result of a script run: the page, and the time it took."""

    seconds: float  # From the request to the end of the run.
    run_seconds: float  # The run alone, between the server's messages that it begins and ends.
    result_seconds: float  # From the request to the result beside the canvas, if the run showed it.
    text: str

    @property
    def is_saved(self) -> bool:
        """Whether the page says that the drawing is saved."""
        return "Saved to your history" in self.text


class Session:
    """A session of one user, from opening the app to closing it."""

    def __init__(self, url: str, page: str = "", address: str | None = None) -> None:
        """Open the app at a page, from one of this machine's addresses."""
        self.url, self.first_page, self.local_address = url, page, (address, 0) if address else None
        self.page = self.canvas = self.fragment = self.id = ""
        self.widgets: dict[str, str] = {}
        """The IDs of the buttons and choices on the page, by key."""
        self.preview: dict[str, Any] | None = None
        """What the browser needs to request previews, or None."""

    async def __aenter__(self) -> "Session":
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = await websockets.connect(
            address, max_size=None, subprotocols=["streamlit"], local_addr=self.local_address
        )
        self.opened = await self.run(page=self.first_page)
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.socket.close()

    async def draw(self, strokes: Sequence[Stroke]) -> ScriptRun:
        """Replace what is on the canvas with these strokes."""
        return await self.run(encoded_canvas_state(tuple(strokes)))

    async def choose(self, key: str, option: str) -> ScriptRun:
        """Choose one of several options that the page shows as buttons."""
        state = WidgetState(id=self.widgets[key])
        state.string_array_value.data.append(option)
        return await self._run(state)

    async def run(self, value: dict[str, Any] | None = None, page: str = "") -> ScriptRun:
        """Request a script run, or with a value of the canvas a run of its fragment.

        Raises RuntimeError if the page shows a traceback.
        """
        if value:
            return await self._run(WidgetState(id=self.canvas, json_value=json.dumps(value)), fragment=self.fragment)
        return await self._run(page=page)

    async def _run(self, widget: WidgetState | None = None, page: str = "", fragment: str = "") -> ScriptRun:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = "" if page else self.page
        rerun.page_name = page
        rerun.fragment_id = fragment
        rerun.context_info.timezone = "UTC"
        rerun.widget_states.SetInParent()
        if widget:
            rerun.widget_states.widgets.append(widget)
        # A browser would not send the next stroke while the server still finishes the last run.
        await asyncio.sleep(0.05)
        texts = []
        start = begin = shown_at = perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            reply = ForwardMsg()
            reply.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = reply.WhichOneof("type")
            if kind == "new_session":
                begin = perf_counter()
                self.page = reply.new_session.page_script_hash
                self.id = reply.new_session.initialize.session_id
            elif kind == "delta":
                element = reply.delta.new_element
                if element.HasField("exception"):
                    raise RuntimeError(element.exception.message)
                if "canvas" in element.bidi_component.component_name:
                    self.canvas, self.fragment = element.bidi_component.id, reply.delta.fragment_id
                elif element.HasField("bidi_component"):
                    texts.append(element.bidi_component.json)
                    if element.bidi_component.component_name == "live_result":
                        shown_at, self.preview = perf_counter(), json.loads(element.bidi_component.json)["preview"]
                if (shown := element.WhichOneof("type")) in ("button", "button_group"):
                    # An ID ends with the key of the widget: $$ID-hash-key.
                    widget_id = getattr(element, shown).id
                    self.widgets[widget_id.split("-", 2)[2]] = widget_id
                shown = element.WhichOneof("type")
                texts.append(getattr(getattr(element, shown), "body", "") if shown else "")
            elif kind == "script_finished" and reply.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                now = perf_counter()
                return ScriptRun(now - start, now - begin, shown_at - start, "\n".join(filter(None, texts)))


class Previews:
    """The websocket on which the browser asks for previews of what a session draws."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._asked: deque[asyncio.Future[str | None]] = deque()

    async def __aenter__(self) -> "Previews":
        assert self.session.preview
        self.socket = await websockets.connect(
            urljoin(self.session.url, self.session.preview["path"]).replace("http", "ws", 1),
            local_addr=self.session.local_address,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.socket.close()
        await self._reading

    @property
    def is_idle(self) -> bool:
        """Whether every request has been answered."""
        return not self._asked

    async def ask(self, image: str, lifted: bool = False) -> str | None:
        """Return the HTML of the result for a PNG data URL, or None if the server has other work."""
        assert self.session.preview
        self._asked.append(html := asyncio.get_running_loop().create_future())
        await self.socket.send(json.dumps({"token": self.session.preview["token"], "lifted": lifted, "image": image}))
        return await asyncio.wait_for(html, 60)

    async def _read(self) -> None:
        async for message in self.socket:
            self._asked.popleft().set_result(json.loads(message).get("html"))
        for html in self._asked:
            # Whoever closed the websocket may have stopped waiting.
            if not html.done():
                html.set_exception(ConnectionError("The websocket of the previews was closed."))


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a separate thread and return its result: Playwright runs a loop in the test's own thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, work).result()


# Encoding is the browser's work and must not count as the server's.
encoded_canvas_state = cache(canvas_state)
