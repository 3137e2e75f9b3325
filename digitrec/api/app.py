"""The routes of the API."""

import secrets
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from digitrec import __version__
from digitrec.api.authentication import BEARER, Caller, authenticate, bearer_token
from digitrec.api.health import Health, HealthCheck
from digitrec.api.predict import predict_image
from digitrec.api.problems import ErrorResponse, Problem, handle_problem
from digitrec.api.request_log import RequestLog
from digitrec.api.requests import BATCH_BODY, SINGLE_BODY, BodyLimit, parse_batch, parse_single
from digitrec.api.responses import AnyResponse, BatchItem, BatchResponse
from digitrec.config import settings
from digitrec.errors import ModelError
from digitrec.server.metrics import REGISTRY
from digitrec.server.rate_limits import Limited
from digitrec.services import Services

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The picture cannot be read"},
    401: {"description": "The key is missing or wrong"},
    413: {"description": "The picture or the request is too large"},
    422: {"description": "The request has another shape than it should, or more pictures than the limit ever allows"},
    429: {"description": "Too many requests; Retry-After tells when to go on"},
    500: {"description": "Reading failed"},
    503: {"description": "No model is loaded, or keys cannot be looked up"},
}
_PROBLEMS = {status: {**said, "model": ErrorResponse} for status, said in _ERRORS.items()}


def create_api(services: Services) -> FastAPI:
    """Return the API, ready to be mounted."""
    health_check = HealthCheck(services)
    api = FastAPIOffline(
        title="digitrec",
        version=__version__,
        description="Reads handwritten digits and numbers. Every error has the shape of `ErrorAnswer`.",
        redoc_url=None,
        static_url="/docs/assets",
        favicon_url="/favicon.png",
        middleware=[Middleware(RequestLog), Middleware(BodyLimit)],
        exception_handlers=dict.fromkeys((Problem, HTTPException, RequestValidationError), handle_problem),
    )

    async def admitted(request: Request) -> Caller:
        return await authenticate(request, services)

    @api.post(
        "/predict",
        tags=["Reading"],
        summary="Read one picture",
        dependencies=[Depends(BEARER)],
        responses=_PROBLEMS,
        openapi_extra=SINGLE_BODY,
    )
    async def predict(request: Request, caller: Annotated[Caller, Depends(admitted)]) -> AnyResponse:
        parsed = await parse_single(request)
        return await predict_image(services, parsed.pictures[0], parsed, caller.owner)

    @api.post(
        "/predict/batch",
        tags=["Reading"],
        summary="Read up to 64 pictures",
        dependencies=[Depends(BEARER)],
        responses=_PROBLEMS,
        openapi_extra=BATCH_BODY,
    )
    async def predict_batch(request: Request, caller: Annotated[Caller, Depends(admitted)]) -> BatchResponse:
        parsed = await parse_batch(request)
        limit = Limited.API.limit
        if len(parsed.pictures) > limit.amount:
            # However long one waits, they would be too many.
            most = f"{limit.amount} pictures in {limit.get_expiry()} seconds"
            raise Problem(422, "wrong_request", f"No more than {most} may be read. Send fewer at once.")
        await caller.count(request, services.admission, len(parsed.pictures) - 1)
        results = []
        # One after the other, so that many of one's pictures do not crowd out one of everybody else's.
        for picture in parsed.pictures:
            try:
                results.append(BatchItem(answer=await predict_image(services, picture, parsed, caller.owner)))
            except Problem as problem:
                if problem.status == 503:
                    raise
                # Of the others, what was read is told, and kept already.
                results.append(BatchItem(error=problem.fault))
        return BatchResponse(results=results)

    @api.head("/health", include_in_schema=False)
    @api.get("/health", tags=["Server"], summary="Whether every part works", responses={503: {"model": Health}})
    async def health(response: Response) -> Health:
        found = await health_check.health()
        response.status_code = 200 if found.status == "ok" else 503
        return found

    @api.head("/ready", include_in_schema=False)
    @api.get("/ready", tags=["Server"], summary="Whether pictures can be read", responses={503: _PROBLEMS[503]})
    async def ready() -> dict[str, str]:
        try:
            return {"model": await health_check.model()}
        except ModelError as error:
            raise Problem(503, "model_not_loaded", "No model is loaded at the moment.") from error

    @api.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        token = settings().metrics_token
        if not token:
            raise HTTPException(404)
        if not secrets.compare_digest((await bearer_token(request) or "").encode(), token.encode()):
            raise Problem(
                401, "token_wrong", "The token of the metrics is needed here.", {"WWW-Authenticate": "Bearer"}
            )
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return api
