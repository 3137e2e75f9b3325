"""Security headers and the guest cookie, added to every response."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings

GUEST_COOKIE = "digitrec_guest"
SIGN_IN_PROBLEM = "sign-in"  # Query parameter that says why a sign-in failed: unreachable, refused or failed.
_DAY_SECONDS = 24 * 60 * 60

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
_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityMiddleware:
    """Protects pages and API against attacks from other sites.

    - Adds security headers to every response, and to pages the cookie that identifies a guest.
    - Marks every cookie Secure if the app is behind TLS.
    - Keeps pages and media out of caches, so that Back shows nothing of a user who has signed out.
    - Redirects a failed sign-in to the app, with the reason in the query.
    - Hides Streamlit's own metrics.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if request.url.path.endswith("/_stcore/metrics"):
            # Streamlit would show anybody how many sessions there are. digitrec has /api/metrics, which needs a token.
            await Response(status_code=404)(scope, receive, send)
            return
        if request.url.path.endswith("/auth/logout") and request.headers.get("sec-fetch-site") == "cross-site":
            # No other site may sign users out.
            await RedirectResponse(_base_path(request) + "/")(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(request, message)
            await send(message)

        await self.app(scope, receive, send_protected)


def _protect(request: Request, message: Message) -> None:
    headers = MutableHeaders(scope=message)
    if problem := _sign_in_problem(request, message["status"], headers):
        message["status"] = 302
        headers["Location"] = f"{_base_path(request)}/?{SIGN_IN_PROBLEM}={problem}"
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    config = sign_in()
    is_page = headers.get("content-type", "").startswith("text/html")
    if is_page or "/media/" in request.scope["path"]:
        headers["Cache-Control"] = "no-store"
    if is_page and config:
        headers.append("Set-Cookie", _guest_cookie(request))
    if config and config.is_behind_tls:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        message["headers"] = [_secure(*header) for header in message["headers"]]


def _base_path(request: Request) -> str:
    """Return Streamlit's base path (``server.baseUrlPath``) without a trailing slash."""
    path = request.url.path.removesuffix("/oauth2callback").removesuffix("/auth/login").removesuffix("/auth/logout")
    return "/" + path.strip("/") if path.strip("/") else ""


def _sign_in_problem(request: Request, status: int, headers: MutableHeaders) -> str | None:
    if request.url.path.endswith("/auth/login") and status >= 400:
        return "unreachable"
    # Providers also redirect here after a sign-out, then without a code or an error.
    if request.url.path.endswith("/oauth2callback") and {"code", "error"} & set(request.query_params):
        is_signed_in = any(cookie.startswith("_streamlit_user=") for cookie in headers.getlist("set-cookie"))
        is_deleted = any(cookie.startswith('_streamlit_user=""') for cookie in headers.getlist("set-cookie"))
        if not is_signed_in or is_deleted:
            return "refused" if request.query_params.get("error") == "access_denied" else "failed"
    return None


def _guest_cookie(request: Request) -> str:
    secret = request.cookies.get(GUEST_COOKIE) or secrets.token_urlsafe(32)
    response = Response()
    response.set_cookie(GUEST_COOKIE, secret, max_age=settings().guest_days * _DAY_SECONDS, httponly=True)
    return response.headers["set-cookie"]


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return name, value
    return name, value + b"; Secure"
