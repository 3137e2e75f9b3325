"""The keys with which people use the API: shown once, kept as a hash."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select, update

from digitrec.accounts.users import User
from digitrec.errors import AccountClosed, StorageError
from digitrec.storage.access import USER_ID, user_parameters
from digitrec.storage.database import Database
from digitrec.storage.schema import api_keys, users

MAX_KEYS = 10
"""How many keys a person may have."""
MAX_NAME_LENGTH = 100
_BEGIN = "digitrec_"
_SHOWN = len(_BEGIN) + 6
_USED_EVERY = timedelta(minutes=1)
_UNWRITTEN = "Keys cannot be changed at the moment."

_IS_MINE = api_keys.c.user_id == USER_ID


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as its owner sees it again."""

    key_id: int
    name: str
    prefix: str
    """What it begins with."""
    created_at: datetime
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a key is."""

    key_id: int
    user: User


def create_key(database: Database, user: User, name: str) -> str:
    """Make a key for somebody and return it; nobody can tell it again.

    Raises:
        ValueError: the name is empty or too long.
        StoreError: it cannot be made, or they have as many as one may have.
    """
    name = "".join(character for character in name if character.isprintable()).strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise ValueError(f"a key has a name of 1 to {MAX_NAME_LENGTH} characters")
    key = _BEGIN + secrets.token_urlsafe(32)
    values = {"name": name, "prefix": key[:_SHOWN], "hash": _hash(key), "created_at": datetime.now(UTC)}

    def add(connection: Connection) -> None:
        if not connection.scalar(select(USER_ID), user_parameters(user)):
            raise AccountClosed("This account is not open any more. Sign in again.")
        if (connection.scalar(select(func.count()).where(_IS_MINE), user_parameters(user)) or 0) >= MAX_KEYS:
            raise StorageError(f"{MAX_KEYS} keys are the most. Revoke one that is not used any more.")
        connection.execute(insert(api_keys).values(user_id=USER_ID), {**values, **user_parameters(user)})

    database.run(add, _UNWRITTEN)
    return key


def list_keys(database: Database, user: User) -> list[ApiKey]:
    """A person's keys, the newest first.

    Raises:
        StoreError: they cannot be read.
    """
    column = api_keys.c
    query = (
        select(column.key_id, column.name, column.prefix, column.created_at, column.last_used)
        .where(_IS_MINE)
        .order_by(column.key_id.desc())
    )
    rows = database.run(
        lambda connection: connection.execute(query, user_parameters(user)).all(), "Keys cannot be read at the moment."
    )
    return [ApiKey(*row) for row in rows]


def revoke_key(database: Database, user: User, key_id: int) -> bool:
    """Make a key of a person's good for nothing from now on, and return whether there was one.

    Raises:
        StoreError: it cannot be revoked.
    """
    change = delete(api_keys).where(_IS_MINE, api_keys.c.key_id == key_id)
    return bool(database.run(lambda connection: connection.execute(change, user_parameters(user)).rowcount, _UNWRITTEN))


def find_owner(database: Database, key: str) -> Owner | None:
    """Whose key this is, None where there is no such key or its owner is disabled; notes that it was used.

    Raises:
        StoreError: that cannot be looked up.
    """
    now = datetime.now(UTC)
    query = (
        select(api_keys.c.key_id, api_keys.c.last_used, users.c.google_id, users.c.email, users.c.name)
        .join_from(api_keys, users)
        .where(api_keys.c.hash == _hash(key), users.c.disabled_at.is_(None))
    )

    def use(connection: Connection) -> Owner | None:
        row = connection.execute(query).first()
        if not row:
            return None
        if not row.last_used or now - row.last_used >= _USED_EVERY:
            connection.execute(update(api_keys).where(api_keys.c.key_id == row.key_id).values(last_used=now))
        # Whoever shows the key is there now, whatever sessions were signed out.
        return Owner(row.key_id, User(row.google_id, row.email, row.name, signed_in_at=now))

    return database.run(use, "Keys cannot be looked up at the moment.")


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
