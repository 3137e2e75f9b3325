"""Security headers and the guest cookie, added to every response."""

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.accounts.guest_cookie import guest_cookie_name, guest_secret, new_guest_secret
from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings

SIGN_IN_PROBLEM = "sign-in"  # Query parameter that says why a sign-in failed: unreachable, refused or failed.
_DAY_SECONDS = 24 * 60 * 60
_MAX_COOKIE_LENGTH = 8000  # The websocket of a browser that sends longer cookies is never answered.
_SIGN_IN_COOKIE = "_streamlit_user"

# Streamlit adds inline styles, Vega compiles expressions, and profile pictures come from the sign-in provider.
_CONTENT_POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob: https:; "
    "media-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; "
    "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

logger = logging.getLogger(__name__)


class SecurityMiddleware:
    """Protects pages and API against attacks from other sites.

    - Adds security headers to every response, and to pages the cookie that identifies a guest.
    - Marks every cookie Secure if the app is behind TLS, and ignores cookies whose names only look like its own.
    - Keeps pages and media out of caches, so that Back shows nothing of a user who has signed out.
    - Redirects a failed sign-in to the app, with the reason in the query.
    - Hides Streamlit's own metrics.
    - Responds to unexpected errors, because Starlette's own response would lack the security headers.
    """

    def __init__(self, app: ASGIApp, base_path: str = "") -> None:
        """Protect an app whose pages are below ``base_path``."""
        self.app, self.base_path = app, base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or websocket."""
        is_started = False

        async def send_protected(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                self._protect(Request(scope), message)
            elif message["type"] == "websocket.http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        if scope["type"] in ("http", "websocket"):
            scope["headers"] = [*map(_without_lookalikes, scope["headers"])]
        if scope["type"] != "http":
            await self.app(scope, receive, send_protected)
            return
        app, path = self.app, scope["path"]
        if path.endswith("/_stcore/metrics"):
            # Streamlit would show anyone how many sessions there are. digitrec has /api/metrics, which needs a token.
            app = Response(status_code=404)
        elif path == self.base_path + "/auth/logout" and Headers(scope=scope).get("sec-fetch-site") != "same-origin":
            # Only the app's own page may sign users out. Browsers always send this header over HTTPS and to localhost.
            app = RedirectResponse(self.base_path + "/")
        try:
            await app(scope, receive, send_protected)
        except ClientDisconnect:
            pass
        except Exception:
            if is_started:
                raise
            logger.exception("The request failed")
            response = PlainTextResponse("Something went wrong on the server. Try again.", 500)
            await response(scope, receive, send_protected)

    def _protect(self, request: Request, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        if problem := self._sign_in_problem(request, message["status"], headers):
            message["status"] = 302
            headers["Location"] = f"{self.base_path}/?{SIGN_IN_PROBLEM}={problem}"
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        config = sign_in()
        is_page = headers.get("content-type", "").startswith("text/html")
        if is_page or "/media/" in request.scope["path"]:
            headers["Cache-Control"] = "no-store"
        if is_page and config:
            for cookie in _new_cookies(request):
                headers.append("Set-Cookie", cookie)
        if config and config.is_behind_tls:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            message["headers"] = [_secure(*header) for header in message["headers"]]

    def _sign_in_problem(self, request: Request, status: int, headers: MutableHeaders) -> str | None:
        path = request.scope["path"]
        if path == self.base_path + "/auth/login" and status >= 400:
            return "unreachable"
        # Providers also redirect here after a sign-out, then without a code or an error.
        if path == self.base_path + "/oauth2callback" and {"code", "error"} & set(request.query_params):
            is_signed_in = any(cookie.startswith(f"{_SIGN_IN_COOKIE}=") for cookie in headers.getlist("set-cookie"))
            is_deleted = any(cookie.startswith(f'{_SIGN_IN_COOKIE}=""') for cookie in headers.getlist("set-cookie"))
            if not is_signed_in or is_deleted:
                return "refused" if request.query_params.get("error") == "access_denied" else "failed"
        return None


def _without_lookalikes(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Return a header; of the Cookie header, leave out cookies with anything but printable ASCII.

    Browsers let every host in the domain set a cookie whose name is that of our ``__Host-`` cookie after a no-break
    space, and Starlette strips it, so that the cookie would replace ours.
    """
    name, value = header
    if name.lower() != b"cookie":
        return header
    cookies = value.decode("latin-1").split(";")
    return name, ";".join(cookie for cookie in cookies if cookie.isascii() and cookie.isprintable()).encode()


def _new_cookies(request: Request) -> list[str]:
    """Return headers that keep a guest's cookie and delete overlong ones of a sign-in, which earlier versions made."""
    response, secret = Response(), guest_secret(request.cookies) or new_guest_secret()
    response.set_cookie(guest_cookie_name(), secret, max_age=settings().guest_days * _DAY_SECONDS, httponly=True)
    if len(request.headers.get("cookie", "")) > _MAX_COOKIE_LENGTH:
        for name in request.cookies:
            if name.startswith(_SIGN_IN_COOKIE):
                response.delete_cookie(name, httponly=True)
    return response.headers.getlist("set-cookie")


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return name, value
    return name, value + b"; Secure"
