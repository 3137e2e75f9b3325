"""What is noted of every request: its id, its status, how long it took, and what is left to who sent it."""

import logging
from time import perf_counter

from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.api.problems import Problem
from digitrec.server.logging import begin_request
from digitrec.server.metrics import REQUESTS

_GONE = 499
"""How nginx counts who went away before there was an answer."""

logger = logging.getLogger(__name__)


class RequestLog:
    """Logs and counts requests, answers those that nobody foresaw, and adds headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        start, name, status = perf_counter(), begin_request(), 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = name
                if rate_limit := scope.get("state", {}).get("rate_limit"):
                    headers["RateLimit-Limit"] = str(rate_limit.limit)
                    headers["RateLimit-Remaining"] = str(rate_limit.remaining)
                    headers["RateLimit-Reset"] = str(rate_limit.reset_seconds)
            await send(message)

        try:
            await self.app(scope, receive, observed)
        except ClientDisconnect:
            status = _GONE
        except Exception:
            logger.exception("A request failed")
            if status:
                raise
            await Problem(500, "failed", "Something failed here. Try again.").response(scope, receive, observed)
        route = scope.get("route")
        # Not the address that was asked for, of which there are as many as somebody likes to think of.
        path = f"/api{route.path}" if isinstance(route, APIRoute) else "other"
        REQUESTS.labels(path, status).inc()
        taken = {"method": scope["method"], "path": path, "status": status}
        milliseconds = round((perf_counter() - start) * 1e3, 1)
        logger.info("%s %s %s in %s ms", *taken.values(), milliseconds, extra={**taken, "milliseconds": milliseconds})
