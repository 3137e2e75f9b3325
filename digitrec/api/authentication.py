"""Who asks, and whether they may."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from fastapi.security import HTTPBearer

from digitrec.accounts.users import User
from digitrec.api.problems import Problem, retry_later_problem
from digitrec.config import settings
from digitrec.errors import RateLimitExceeded, StorageError
from digitrec.server.admission import Admission
from digitrec.server.rate_limits import Limited
from digitrec.services import Services
from digitrec.storage.api_keys import find_owner

BEARER = HTTPBearer(auto_error=False, description="A key from the account page. What it reads is kept in your history.")
_WHO = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key or an address."""

    name: str
    """What their limit is counted by."""
    owner: User | None
    """Whose key it is."""

    async def count(self, request: Request, admission: Admission, images: int = 1) -> None:
        """Count ``images`` against the caller's rate limit, which the response headers will show.

        Raises:
            Problem: the limit is reached.
        """
        try:
            request.state.rate_limit = await admission.count_async(Limited.API, self.name, images)
        except RateLimitExceeded as error:
            request.state.rate_limit = error.status
            raise retry_later_problem(error, "too_many_requests") from error


async def authenticate(request: Request, services: Services) -> Caller:
    """Who sent a request, one picture of theirs counted.

    Raises:
        Problem: the key is missing or wrong, or there are too many requests.
    """
    address = Caller(f"address {request.client.host if request.client else ''}", None)
    key = await bearer_token(request)
    if not key:
        await address.count(request, services.admission)
        if not settings().api_open:
            raise Problem(401, "key_missing", "A key is needed here. The account page makes one.", _WHO)
        return address
    try:
        owner = await asyncio.to_thread(find_owner, services.database, key)
    except StorageError as error:
        raise Problem(503, "keys_unreachable", "Keys cannot be looked up at the moment. Try again soon.") from error
    if not owner:
        await address.count(request, services.admission)
        raise Problem(401, "key_wrong", "There is no such key, or it was revoked.", _WHO)
    caller = Caller(f"key {owner.key_id}", owner.user)
    await caller.count(request, services.admission)
    return caller


async def bearer_token(request: Request) -> str | None:
    """The secret that a request carries."""
    found = await BEARER(request)
    return found.credentials if found else None
