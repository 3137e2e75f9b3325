"""Authentication and rate limits of API requests."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from fastapi.security import HTTPBearer

from digitrec.accounts.users import User
from digitrec.api.problems import Problem, retry_later_problem
from digitrec.config import settings
from digitrec.errors import RateLimitExceeded, StorageError
from digitrec.server.addresses import client_network
from digitrec.server.rate_limits import Limited, RateLimits
from digitrec.services import Services
from digitrec.storage.api_keys import find_owner

BEARER = HTTPBearer(
    auto_error=False,
    description="An API key from the Account page. Predictions made with it are saved to your history.",
)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request: the owner of an API key, or an address."""

    name: str  # The name that the rate limit is counted under.
    owner: User | None  # The owner of the API key, or None for a request without one.
    address: str  # The IPv4 address or IPv6 network; its requests share their slots, whichever key they use.

    async def count(self, request: Request, limits: RateLimits, images: int = 1) -> None:
        """Count images against the limit, which the response headers will show. Raises Problem if it is reached."""
        try:
            request.state.rate_limit = await limits.hit_async(Limited.API, self.name, images)
        except RateLimitExceeded as error:
            request.state.rate_limit = error.status
            raise retry_later_problem(error) from error


async def authenticate(request: Request, services: Services) -> Caller:
    """Return the caller of a request and count one image. Raises Problem for a wrong key or a reached rate limit."""
    key = await bearer_token(request)
    try:
        found = await asyncio.to_thread(find_owner, services.database, key) if key else None
    except StorageError as error:
        raise Problem(503, "keys_unreachable", "API keys can't be checked right now. Try again soon.") from error
    address = client_network(request.client.host if request.client else None)
    caller = Caller(f"key {found[0]}", found[1], address) if found else Caller(f"address {address}", None, address)
    await caller.count(request, services.admission.limits)
    if key and not found:
        raise Problem(401, "key_wrong", "This API key is invalid or revoked. Create a new one.", _CHALLENGE)
    if not key and not settings().api_open:
        message = (
            "This server requires an API key. Create one on the Account page and send it in the header "
            '"Authorization: Bearer KEY".'
        )
        raise Problem(401, "key_missing", message, _CHALLENGE)
    return caller


async def bearer_token(request: Request) -> str | None:
    """Return the bearer token of a request, if it has one."""
    credentials = await BEARER(request)
    return credentials.credentials if credentials else None
