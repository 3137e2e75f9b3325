"""What a browser is to the server, without the browser: a session over the app's own websocket."""

import asyncio
import base64
import json
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, TypeVar

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from digitrec.imaging.strokes import Stroke
from digitrec.samples import strokes_to_png
from digitrec.web.draw.fabric import to_fabric

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run of the script put on the page, and how long it took."""

    seconds: float
    """From asking for it to its end."""
    run_seconds: float
    """From its beginning to its end, as the server tells them."""
    text: str

    @property
    def is_saved(self) -> bool:
        """Whether the page called a drawing saved."""
        return "Saved in your history" in self.text


class Session:
    """What a browser is to the server."""

    def __init__(self, url: str, page: str = "") -> None:
        self.url, self.first_page = url, page
        self.page = self.canvas = self.fragment = ""

    async def __aenter__(self) -> "Session":
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = await websockets.connect(address, max_size=None, subprotocols=["streamlit"])
        self.opened = await self.run(page=self.first_page)
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.socket.close()

    async def draw(self, strokes: Sequence[Stroke]) -> Answer:
        """Draw strokes in place of what is on the canvas."""
        return await self.run(_drawing(tuple(strokes)))

    async def run(self, value: dict[str, Any] | None = None, page: str = "") -> Answer:
        """Ask for a run of the script, of the canvas's fragment where there is a value.

        Raises:
            RuntimeError: the page shows a traceback.
        """
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_script_hash = "" if page else self.page
        rerun.page_name = page
        rerun.context_info.timezone = "UTC"
        rerun.widget_states.SetInParent()
        if value:
            rerun.fragment_id = self.fragment
            widget = rerun.widget_states.widgets.add()
            widget.id, widget.json_value = self.canvas, json.dumps(value)
        # Nobody asks again in the very moment of the answer, while the server still tidies up.
        await asyncio.sleep(0.05)
        texts = []
        start = begun = perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                begun = perf_counter()
                self.page = answer.new_session.page_script_hash
            elif kind == "delta":
                element = answer.delta.new_element
                if element.HasField("exception"):
                    raise RuntimeError(element.exception.message)
                if "canvas" in element.bidi_component.component_name:
                    self.canvas, self.fragment = element.bidi_component.id, answer.delta.fragment_id
                shown = element.WhichOneof("type")
                texts.append(getattr(getattr(element, shown), "body", "") if shown else "")
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                now = perf_counter()
                return Answer(now - start, now - begun, "\n".join(filter(None, texts)))


def finish(work: Coroutine[Any, Any, T]) -> T:
    """What this work comes to, in a thread of its own: Playwright keeps a loop running in the one of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, work).result()


@cache
def _drawing(strokes: tuple[Stroke, ...]) -> dict[str, Any]:
    # What a browser would do on a machine of its own is not to count among what the server takes.
    url = "data:image/png;base64," + base64.b64encode(strokes_to_png(strokes)).decode()
    return {"drawing": {"raw": {"objects": to_fabric(strokes)}, "data": url}, "backgroundFit": None}
