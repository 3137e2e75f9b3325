"""Logging, metrics and common headers of API requests."""

import logging
from time import perf_counter

from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.api.problems import Problem
from digitrec.server.logging import begin_request
from digitrec.server.metrics import REQUESTS

_CLIENT_CLOSED_REQUEST = 499  # The status that nginx logs for clients that disconnect before they get a response.

logger = logging.getLogger(__name__)


class RequestLog:
    """Logs and counts requests, adds headers to responses, and responds to unexpected exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        start, request_id, status = perf_counter(), begin_request(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if rate_limit := scope.get("state", {}).get("rate_limit"):
                    headers["RateLimit-Limit"] = str(rate_limit.limit)
                    headers["RateLimit-Remaining"] = str(rate_limit.remaining)
                    headers["RateLimit-Reset"] = str(rate_limit.reset_seconds)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = _CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("The request failed")
            if status:
                raise
            problem = Problem(500, "failed", "Something went wrong on the server. Try again.")
            await problem.response(scope, receive, send_with_headers)
        route = scope.get("route")
        # The path of the route, because callers can make up any number of addresses.
        path = f"/api{route.path}" if isinstance(route, APIRoute) else "other"
        REQUESTS.labels(path, status).inc()
        milliseconds = round((perf_counter() - start) * 1e3, 1)
        fields = {"method": scope["method"], "path": path, "status": status, "milliseconds": milliseconds}
        logger.info("%s %s %s in %s ms", *fields.values(), extra=fields)
