"""What every response of the server carries: headers that protect the browser, and the secret of a guest."""

import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.accounts.sign_in import sign_in
from digitrec.config import settings

GUEST_COOKIE = "digitrec_guest"
SIGN_IN_PROBLEM = "sign-in"
"""The query parameter that says why nobody is signed in: ``unreachable``, ``refused`` or ``failed``."""
_DAY_SECONDS = 24 * 60 * 60

# Streamlit writes styles into the page and Vega compiles expressions; pictures of people come from their provider.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityMiddleware:
    """Adds security headers to every response, and to pages the cookie that knows a guest again.

    A sign-in that came to nothing leads back to the page, which says so by its query. Behind TLS every cookie is marked
    Secure. Pages are kept in no cache, so that Back shows nothing of whoever was signed in before. Streamlit's own
    metrics are hidden.
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
            # Streamlit shows everybody how many sessions there are; what is to be watched is at /api/metrics.
            await Response(status_code=404)(scope, receive, send)
            return
        if request.url.path.endswith("/auth/logout") and request.headers.get("sec-fetch-site") == "cross-site":
            # Somebody else's page signs nobody out.
            await RedirectResponse(_base(request) + "/")(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if problem := _sign_in_problem(request, message["status"], headers):
                    message["status"] = 302
                    headers["Location"] = f"{_base(request)}/?{SIGN_IN_PROBLEM}={problem}"
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if (chosen := sign_in()) and chosen.is_behind_tls:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                is_page = headers.get("content-type", "").startswith("text/html")
                if is_page or "/media/" in scope["path"]:
                    headers["Cache-Control"] = "no-store"
                if is_page and chosen:
                    headers.append("Set-Cookie", _guest_cookie(request))
                message["headers"] = [_secured(*header) for header in message["headers"]]
            await send(message)

        await self.app(scope, receive, protected)


def _base(request: Request) -> str:
    """The path that the app lies under, where Streamlit has a base path, without a slash at its end."""
    path = request.url.path.removesuffix("/oauth2callback").removesuffix("/auth/login").removesuffix("/auth/logout")
    return "/" + path.strip("/") if path.strip("/") else ""


def _sign_in_problem(request: Request, status: int, answer: MutableHeaders) -> str | None:
    if request.url.path.endswith("/auth/login") and status >= 400:
        return "unreachable"
    # A provider leads back here after signing out, too, with neither code nor error.
    if request.url.path.endswith("/oauth2callback") and {"code", "error"} & set(request.query_params):
        is_signed_in = any(cookie.startswith("_streamlit_user=") for cookie in answer.getlist("set-cookie"))
        deleted = any(cookie.startswith('_streamlit_user=""') for cookie in answer.getlist("set-cookie"))
        if not is_signed_in or deleted:
            return "refused" if request.query_params.get("error") == "access_denied" else "failed"
    return None


def _guest_cookie(request: Request) -> str:
    secret = request.cookies.get(GUEST_COOKIE) or secrets.token_urlsafe(32)
    cookie: SimpleCookie = SimpleCookie({GUEST_COOKIE: secret})
    morsel = cookie[GUEST_COOKIE]
    morsel["path"], morsel["httponly"], morsel["samesite"] = "/", True, "Lax"
    morsel["max-age"] = settings().guest_days * _DAY_SECONDS
    return morsel.OutputString()


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    chosen = sign_in()
    if name.lower() != b"set-cookie" or not chosen or not chosen.is_behind_tls or b"; secure" in value.lower():
        return name, value
    return name, value + b"; Secure"
