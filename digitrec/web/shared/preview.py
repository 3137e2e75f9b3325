"""Previews: predictions that follow the pen or a slider while it is still moving.

The browser sends an image over a websocket and gets what the page shows for it. Nothing is saved, and only processor
time is counted. If the server is busy, it declines, and the page shows the prediction once its script has run. Requests
instead of a websocket would take the server twice the time.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.status import WS_1003_UNSUPPORTED_DATA, WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket, WebSocketDisconnect

from digitrec.config import secrets
from digitrec.errors import Busy, ImageError, ModelError
from digitrec.imaging.files.decode import drawing_size
from digitrec.samples import CANVAS_SIDE
from digitrec.server.addresses import client_network
from digitrec.services import services
from digitrec.web.shared.session import session

PREVIEW_PATH = "/preview"
_TOKEN_SECONDS = 15 * 60
_MAX_LENGTH = 2**18
_PREFIX = "data:image/png;base64,"

Respond = Callable[[Any, Mapping[str, Any]], dict[str, Any]]
"""Takes what ``preview_source`` signed and a message of the browser, and returns the response."""


def preview_script(file: Path) -> str:
    """Return the script of a component from its file, with the class that its panel extends."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (Path(__file__).with_suffix(".js"), file))


def path_on_server(path: str) -> str:
    """Return a path below the one that the app is served at."""
    return f"/{st.get_option('server.baseUrlPath').strip('/')}{path}".replace("//", "/")


def preview_source(kind: str, signed: Any) -> dict[str, Any]:
    """Return what the browser needs to request previews of a kind: the path of the websocket and a token."""
    return {
        "path": path_on_server(PREVIEW_PATH),
        "token": _serializer().dumps([kind, session().preview_caller, signed]),
    }


def preview_endpoint(kinds: Mapping[str, Respond]) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the endpoint of a websocket that responds to each message with a preview.

    A message is a JSON object with the ``token`` of the page, whether the pen was ``lifted``, and what the preview is
    of. The response is empty if the server is busy. The websocket is closed with code 1008 unless this app rendered the
    page in the last 15 minutes, and with 1003 if the message isn't what the page sends.
    """

    async def preview(websocket: WebSocket) -> None:
        await websocket.accept()
        address = client_network(websocket.client.host if websocket.client else None)
        with suppress(WebSocketDisconnect):
            try:
                async for message in websocket.iter_text():
                    await websocket.send_json(await _respond(message, address, kinds))
            except BadSignature:
                await websocket.close(WS_1008_POLICY_VIOLATION)
            # A message that isn't text raises KeyError, and one that is nested too deeply RecursionError.
            except (ImageError, KeyError, RecursionError, TypeError, ValueError):
                await websocket.close(WS_1003_UNSUPPORTED_DATA)

    return preview


async def _respond(message: str, address: str, kinds: Mapping[str, Respond]) -> dict[str, Any]:
    if len(message) > _MAX_LENGTH:
        raise ImageError("This drawing is larger than any canvas.", "too_large")
    asked = json.loads(message)
    kind, caller, signed = _serializer().loads(str(asked["token"]), max_age=_TOKEN_SECONDS)
    work, is_lifted = kinds[kind], bool(asked["lifted"])
    try:
        return await services().admission.preview(
            lambda: work(signed, asked), caller, f"previews of {address}", is_lifted=is_lifted
        )
    except (Busy, ModelError):
        return {}


def decode_canvas(image: object, width: int, *, may_be_part: bool = False) -> bytes:
    """Return the PNG file in the data URL of a canvas or, if allowed, of a part of it.

    Raises ImageError if it isn't one, or has another size.
    """
    try:
        png = base64.b64decode(str(image).removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ImageError("This isn't a drawing.", "damaged") from error
    size = drawing_size(png)
    is_part = may_be_part and size[0] <= width and size[1] <= CANVAS_SIDE
    if size != (width, CANVAS_SIDE) and not is_part:
        raise ImageError("This drawing doesn't have the size of the canvas.", "too_large")
    return png


@cache
def _serializer() -> URLSafeTimedSerializer:
    # Replicas share this secret, as their sign-in cookies need it.
    secret = secrets().get("auth", {}).get("cookie_secret") or st.get_option("server.cookieSecret")
    return URLSafeTimedSerializer(secret, "previews")
