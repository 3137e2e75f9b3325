"""API keys: shown once and stored as a hash.

All functions raise StorageError if the database is unavailable.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select, update

from digitrec.accounts.users import User, clean_text
from digitrec.errors import AccountClosed, StorageError
from digitrec.storage.access import USER_ID, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.schema import api_keys, users

MAX_KEYS = 10  # The most keys a user may have.
MAX_NAME_LENGTH = 100
_PREFIX = "digitrec_"
_PREFIX_LENGTH = len(_PREFIX) + 6
_LAST_USED_PRECISION = timedelta(minutes=1)
_NEVER_SIGNED_OUT = datetime.max.replace(tzinfo=UTC)  # A key stays valid even if its owner signs out.
_UNCHANGEABLE = "API keys can't be changed right now. Try again soon."

_IS_OWN = api_keys.c.user_id == USER_ID


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key without its secret part."""

    key_id: int
    name: str
    prefix: str  # The start of the key, to recognize it by.
    created_at: datetime
    last_used: datetime | None


def create_key(database: Database, user: User, name: str) -> str:
    """Create an API key and return it; it cannot be shown again.

    Raises ValueError if the name is empty or too long, and StorageError if the user has ``MAX_KEYS`` already.
    """
    name = clean_text(name)
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise ValueError(f"Use a name of 1 to {MAX_NAME_LENGTH} characters.")
    key = _PREFIX + secrets.token_urlsafe(32)
    values = {"name": name, "prefix": key[:_PREFIX_LENGTH], "hash": _hash(key), "created_at": datetime.now(UTC)}

    def work(connection: Connection) -> None:
        if not connection.scalar(select(USER_ID), user_parameters(user)):
            raise AccountClosed("You're no longer signed in. Sign in again.")
        if (connection.scalar(select(func.count()).where(_IS_OWN), user_parameters(user)) or 0) >= MAX_KEYS:
            raise StorageError(f"You've reached the limit of {MAX_KEYS} API keys. Revoke one that you no longer use.")
        connection.execute(insert(api_keys).values(user_id=USER_ID), {**values, **user_parameters(user)})

    database.run(work, _UNCHANGEABLE)
    return key


def list_keys(database: Database, user: User) -> list[ApiKey]:
    """Return a user's API keys, newest first."""
    column = api_keys.c
    query = (
        select(column.key_id, column.name, column.prefix, column.created_at, column.last_used)
        .where(_IS_OWN)
        .order_by(column.key_id.desc())
    )
    message = "API keys can't be read right now. Try again soon."
    rows = database.run(lambda connection: connection.execute(query, user_parameters(user)).all(), message)
    return [ApiKey(*row) for row in rows]


def revoke_key(database: Database, user: User, key_id: int) -> bool:
    """Delete an API key, and return whether the user had it."""
    change = delete(api_keys).where(_IS_OWN, api_keys.c.key_id == key_id)
    own = user_parameters(user)
    return bool(database.run(lambda connection: connection.execute(change, own).rowcount, _UNCHANGEABLE))


def find_owner(database: Database, key: str) -> tuple[int, User] | None:
    """Return the ID of an API key and its owner, and update ``last_used``.

    Return None if the key is unknown or its owner is disabled.
    """
    now = datetime.now(UTC)
    query = (
        select(api_keys.c.key_id, api_keys.c.last_used, users.c.google_id, users.c.email, users.c.name)
        .join_from(api_keys, users)
        .where(api_keys.c.hash == _hash(key), users.c.disabled_at.is_(None))
    )

    def work(connection: Connection) -> tuple[int, User] | None:
        row = connection.execute(query).first()
        if not row:
            return None
        if not row.last_used or now - row.last_used >= _LAST_USED_PRECISION:
            connection.execute(update(api_keys).where(api_keys.c.key_id == row.key_id).values(last_used=now))
        return row.key_id, User(row.google_id, row.email, row.name, signed_in_at=_NEVER_SIGNED_OUT)

    return database.run(work, "API keys can't be checked right now.")


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
