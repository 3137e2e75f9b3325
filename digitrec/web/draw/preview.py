"""Previews: predictions for a drawing while the pen is still moving.

The browser sends the image on the canvas to this process and gets the prediction as HTML. Nothing is saved or counted.
If the server is busy, it declines, and the page shows the prediction once its script has run.
"""

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digitrec.config import secrets
from digitrec.errors import Busy, ImageError, ModelError
from digitrec.prediction import InputMethod, Mode
from digitrec.recognition.automatic import AnyRecognizer
from digitrec.samples import CANVAS_SIDE
from digitrec.services import services
from digitrec.web.draw.drawing import CANVASES
from digitrec.web.prediction.result import result_html
from digitrec.web.shared.session import session

PREVIEW_PATH = "/preview"
_TOKEN_HEADER, _LIFTED_HEADER = "x-preview-token", "x-pen-lifted"
_TOKEN_SECONDS = 15 * 60
_MAX_BYTES = 2**18
_PREFIX = b"data:image/png;base64,"


def preview_source(
    mode: Mode | None, input_method: InputMethod, recognizers: Sequence[AnyRecognizer]
) -> dict[str, Any] | None:
    """Return what the browser needs to request previews of the canvas, or None for an image."""
    if not mode or input_method is not InputMethod.CANVAS:
        return None
    canvas, names = CANVASES[mode], [recognizer.model.card.name for recognizer in recognizers]
    return {
        "path": f"/{st.get_option('server.baseUrlPath').strip('/')}{PREVIEW_PATH}".replace("//", "/"),
        "token": _serializer().dumps([mode, names, session().preview_caller]),
        "canvas": f".st-key-{canvas.key}",
        "width": canvas.width,
        "height": CANVAS_SIDE,
    }


async def preview(request: Request) -> Response:
    """Respond to a PNG data URL with the HTML of its prediction.

    Only a page that this app rendered in the last 15 minutes may ask. The status is 403 without its token, and 204 if
    the server is busy, because browsers would log an error for 429.
    """
    try:
        if not _is_same_origin(request):
            return Response(status_code=403)
        token = request.headers.get(_TOKEN_HEADER, "")
        mode_name, names, caller = _serializer().loads(token, max_age=_TOKEN_SECONDS)
        body = await _read(request)
        answer = await services().admission.preview(
            lambda: _predict(Mode(mode_name), names, body), caller, is_lifted=_LIFTED_HEADER in request.headers
        )
    except BadSignature:
        return Response(status_code=403)
    except Busy:
        return Response(status_code=204)
    except ImageError:
        return Response(status_code=400)
    except ModelError:
        return Response(status_code=503)
    return JSONResponse({"answer": answer}, headers={"Cache-Control": "no-store"})


def _predict(mode: Mode, names: Sequence[str], body: bytes) -> str:
    png = _decode(body)
    recognizers: list[AnyRecognizer] = (
        [services().number_recognizer()] if mode is Mode.NUMBER else [*map(services().digit_recognizer, names)]
    )
    return result_html(mode, [recognizer.recognize(png, InputMethod.CANVAS) for recognizer in recognizers])


async def _read(request: Request) -> bytes:
    """Return the body of a request. Raises ImageError if it is larger than any drawing."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BYTES:
            raise ImageError("This drawing is larger than any canvas.", "too_large")
    return bytes(body)


def _decode(body: bytes) -> bytes:
    try:
        return base64.b64decode(body.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ImageError("This isn't a drawing.", "damaged") from error


def _is_same_origin(request: Request) -> bool:
    # Browsers send one of the two headers with every POST, and pages can't change them.
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
    return site == "same-origin" if site else urlsplit(origin).netloc == request.headers.get("host")


@cache
def _serializer() -> URLSafeTimedSerializer:
    # Replicas share this secret, as their sign-in cookies need it.
    secret = secrets().get("auth", {}).get("cookie_secret") or st.get_option("server.cookieSecret")
    return URLSafeTimedSerializer(secret, "preview")
