"""The routes of the API."""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from digitrec import __version__
from digitrec.api.authentication import BEARER, authenticate, bearer_token
from digitrec.api.health import Health, HealthCheck
from digitrec.api.predict import predict_image
from digitrec.api.problems import ErrorResponse, Problem, handle_problem
from digitrec.api.request_log import RequestLog
from digitrec.api.requests import BATCH_BODY, MAX_BATCH_SIZE, SINGLE_BODY, BatchRequest, PredictRequest, parse
from digitrec.api.responses import AnyResponse, BatchItem, BatchResponse
from digitrec.config import settings
from digitrec.errors import ModelError
from digitrec.server.metrics import REGISTRY
from digitrec.server.rate_limits import Limited
from digitrec.services import Services

_DESCRIPTIONS = {
    400: "The image can't be read, or has too many pixels",
    401: "The API key is missing or invalid",
    413: "The image file or the request is too large",
    422: "The request is invalid, or has more images than the rate limit ever allows",
    429: "Rate limit reached, or server busy; retry after the number of seconds in Retry-After",
    500: "Recognition failed",
    503: "No model is loaded, or API keys can't be checked",
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "model": ErrorResponse} for status, description in _DESCRIPTIONS.items()
}


def create_api(services: Services) -> FastAPI:
    """Return the API, ready to be mounted."""
    api = FastAPIOffline(
        title="digitrec",
        version=__version__,
        description="Recognizes handwritten digits and numbers. Every error of the API itself is an `ErrorResponse`.",
        redoc_url=None,
        static_url="/docs/assets",
        favicon_url="../favicon.png",
        middleware=[Middleware(RequestLog)],
        exception_handlers=dict.fromkeys((Problem, HTTPException), handle_problem),
    )
    api.include_router(_prediction_routes(services))
    api.include_router(_server_routes(services))
    return api


def _prediction_routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["Predictions"], dependencies=[Depends(BEARER)], responses=_ERRORS)

    @router.post("/predict", summary="Recognize one image", openapi_extra=SINGLE_BODY)
    async def predict(request: Request) -> AnyResponse:
        caller = await authenticate(request, services)
        [image], options = await parse(request, PredictRequest)
        return await predict_image(services, image, options, caller)

    @router.post("/predict/batch", summary=f"Recognize up to {MAX_BATCH_SIZE} images", openapi_extra=BATCH_BODY)
    async def predict_batch(request: Request) -> BatchResponse:
        caller = await authenticate(request, services)
        images, options = await parse(request, BatchRequest)
        limit = Limited.API.limit
        if len(images) > limit.amount:
            # Waiting wouldn't help, so this is not a 429.
            allowed = f"{limit.amount} images in {limit.get_expiry()} seconds"
            raise Problem(422, "wrong_request", f"The rate limit is {allowed}. Send fewer images at once.")
        await caller.count(request, services.admission.limits, len(images) - 1)
        results = []
        # One after the other, so that a large batch doesn't crowd out the images of other callers.
        for image in images:
            try:
                results.append(BatchItem(answer=await predict_image(services, image, options, caller)))
            except Problem as problem:
                if problem.status == 503:
                    raise
                # The other images have been recognized and saved, so their results are returned.
                results.append(BatchItem(error=problem.detail))
        return BatchResponse(results=results)

    return router


def _server_routes(services: Services) -> APIRouter:
    router, health_check = APIRouter(tags=["Server"]), HealthCheck(services)

    @router.head("/health", include_in_schema=False)
    @router.get("/health", summary="Check whether every part works", responses={503: {"model": Health}})
    async def health(response: Response) -> Health:
        result = await health_check.health()
        response.status_code = 200 if result.status == "ok" else 503
        return result

    @router.head("/ready", include_in_schema=False)
    @router.get("/ready", summary="Check whether images can be recognized", responses={503: _ERRORS[503]})
    def ready() -> dict[str, str]:
        try:
            return {"model": services.digit_recognizer().model.card.name}
        except ModelError as error:
            raise Problem(503, "model_not_loaded", "No model is loaded. Try again later.") from error

    @router.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        token = settings().metrics_token
        if not token:
            raise HTTPException(404)
        if not secrets.compare_digest((await bearer_token(request) or "").encode(), token.encode()):
            message = "The metrics token is missing or invalid. Send it as a bearer token."
            raise Problem(401, "token_wrong", message, {"WWW-Authenticate": "Bearer"})
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router
