"""Previews: predictions for a drawing while the pen is still moving.

The browser sends the image on the canvas over a websocket and gets the prediction as HTML. Nothing is saved, and only
processor time is counted. If the server is busy, it declines, and the page shows the prediction once its script has
run. Requests instead of a websocket would take the server twice the time.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import streamlit as st
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.status import WS_1003_UNSUPPORTED_DATA, WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket, WebSocketDisconnect

from digitrec.config import secrets
from digitrec.errors import Busy, ImageError, ModelError
from digitrec.imaging.decode import check_canvas_size
from digitrec.prediction import InputMethod, Mode
from digitrec.recognition.automatic import AnyRecognizer
from digitrec.samples import CANVAS_SIDE
from digitrec.server.addresses import client_network
from digitrec.services import services
from digitrec.web.draw.drawing import CANVASES
from digitrec.web.draw.picture import Picture, answer_html
from digitrec.web.shared.session import session

PREVIEW_PATH = "/preview"
_TOKEN_SECONDS = 15 * 60
_MAX_LENGTH = 2**18
_PREFIX = "data:image/png;base64,"


def preview_source(
    mode: Mode | None, input_method: InputMethod, recognizers: Sequence[AnyRecognizer], picture: Picture | None
) -> dict[str, Any] | None:
    """Return what the browser needs to request previews of the canvas, or None for an image."""
    if not mode or input_method is not InputMethod.CANVAS:
        return None
    canvas, names = CANVASES[mode], [recognizer.model.card.name for recognizer in recognizers]
    return {
        "path": f"/{st.get_option('server.baseUrlPath').strip('/')}{PREVIEW_PATH}".replace("//", "/"),
        "token": _serializer().dumps([mode, names, session().preview_caller, picture]),
        "canvas": f".st-key-{canvas.key}",
        "width": canvas.width,
        "height": CANVAS_SIDE,
    }


async def preview(websocket: WebSocket) -> None:
    """Respond to each message with the HTML of a prediction.

    A message is a JSON object with the ``token`` of the page, the ``image`` as a PNG data URL, and whether the pen was
    ``lifted``. The response has no ``answer`` if the server is busy. The websocket is closed with code 1008
    unless this app rendered the page in the last 15 minutes, and with 1003 if the image is not a drawing.
    """
    await websocket.accept()
    address = client_network(websocket.client.host if websocket.client else None)
    with suppress(WebSocketDisconnect):
        try:
            async for message in websocket.iter_text():
                await websocket.send_json(await _respond(message, address))
        except BadSignature:
            await websocket.close(WS_1008_POLICY_VIOLATION)
        # A message that isn't text raises KeyError, and one that is nested too deeply RecursionError.
        except (ImageError, KeyError, RecursionError, TypeError, ValueError):
            await websocket.close(WS_1003_UNSUPPORTED_DATA)


async def _respond(message: str, address: str) -> dict[str, str]:
    if len(message) > _MAX_LENGTH:
        raise ImageError("This drawing is larger than any canvas.", "too_large")
    asked = json.loads(message)
    mode, names, caller, picture = _serializer().loads(str(asked["token"]), max_age=_TOKEN_SECONDS)
    try:
        answer = await services().admission.preview(
            lambda: _predict(Mode(mode), names, picture and Picture(picture), str(asked["image"])),
            caller,
            f"previews of {address}",
            is_lifted=bool(asked["lifted"]),
        )
    except (Busy, ModelError):
        return {}
    return {"answer": answer}


def _predict(mode: Mode, names: Sequence[str], picture: Picture | None, image: str) -> str:
    png = _decode(image)
    check_canvas_size(png, CANVASES[mode].width, CANVAS_SIDE)
    recognizers: list[AnyRecognizer] = (
        [services().number_recognizer()] if mode is Mode.NUMBER else [*map(services().digit_recognizer, names)]
    )
    predictions = [recognizer.recognize(png, InputMethod.CANVAS) for recognizer in recognizers]
    return answer_html(mode, predictions, picture=picture)


def _decode(image: str) -> bytes:
    try:
        return base64.b64decode(image.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ImageError("This isn't a drawing.", "damaged") from error


@cache
def _serializer() -> URLSafeTimedSerializer:
    # Replicas share this secret, as their sign-in cookies need it.
    secret = secrets().get("auth", {}).get("cookie_secret") or st.get_option("server.cookieSecret")
    return URLSafeTimedSerializer(secret, "preview")
