"""The database: a SQLite file or a PostgreSQL server, migrated when it is opened."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from digitrec.errors import StorageError
from digitrec.server.circuit_breaker import CircuitBreaker
from digitrec.storage.permissions import PRIVATE_FILE, make_private, make_private_folder

MIGRATIONS = "digitrec.storage:migrations"  # Not a path, in which Alembic would misread a percent sign.
POSTGRESQL_SCHEMA = "image_db"
_BUSY_SECONDS = 10
_CONNECT_SECONDS = 3
_SESSION = {"search_path": POSTGRESQL_SCHEMA, "timezone": "UTC", "lock_timeout": "5s", "statement_timeout": "60s"}
_MIGRATION_LOCK = 0x6469676974  # "digit"
_RETRY_SECONDS = 0.5
_BREAKER_SECONDS = 2.0
_OUTAGES = ("08", "57P", "53300")
"""Prefixes of the SQLSTATEs that report a lost connection or an unavailable server (PostgreSQL, appendix A)."""
_UNAVAILABLE = (
    "The history is unavailable right now, so nothing is being saved. "
    "Predictions still work; saving resumes automatically."
)

T = TypeVar("T")

logger = logging.getLogger(__name__)


class ConflictError(StorageError):
    """A change that the constraints of the database refuse."""


class Database:
    """A digitrec database, migrated to the newest schema before its first use.

    If an open SQLite file is deleted, writes go to the deleted file and are lost. ``reopen_if_lost`` detects
    this and creates a new file; ``generation`` counts how often that happened.
    """

    def __init__(self, where: Path | str | URL) -> None:
        """Choose a SQLite file, created with its folder on first use, or the URL of a PostgreSQL database."""
        self.path = where if isinstance(where, Path) else None
        self.is_sqlite = self.path is not None
        self.url = _parse_url(where)
        # Options are left out, since a password can be one of them.
        self.name = str(self.path or self.url.set(query={}).render_as_string(hide_password=True))
        self.engine = _sqlite_engine(self.url) if self.path else _postgresql_engine(self.url)
        self.generation = 0
        self._lock = Lock()
        self._is_open = False
        self._breaker = CircuitBreaker(_BREAKER_SECONDS)
        self._retrying = Retrying(
            retry=retry_if_exception(self._is_outage),
            stop=stop_after_delay(_RETRY_SECONDS),
            wait=wait_exponential_jitter(multiplier=0.05, jitter=0.05),
            reraise=True,
        )

    def _check_breaker(self) -> None:
        if self._breaker.is_open:
            raise StorageError(_UNAVAILABLE)

    def open(self) -> "Database":
        """Migrate the database to the newest schema on the first call, and return it.

        Raises StorageError if it isn't a digitrec database, belongs to a later version, or can't be reached or created.
        """
        if not self._is_open:
            with self._lock:
                # Another thread may have opened it or failed meanwhile.
                if not self._is_open:
                    self._check_breaker()
                    self._open()
        return self

    def downgrade(self, revision: str) -> None:
        """Migrate the schema back to a revision that an earlier version of digitrec understands.

        Data that only later revisions store is lost. No other process may have the database open.
        """
        try:
            self.open().run(lambda connection: _migrate(connection, revision))
        except CommandError as error:
            raise StorageError(
                f"The database schema has no revision {revision}. Use one in digitrec/storage/migrations/versions."
            ) from error
        self._is_open = False

    def run(
        self,
        work: Callable[[Connection], T],
        error_message: str = "The history can't be read or changed right now. Try again soon.",
    ) -> T:
        """Call ``work`` in a transaction and return its result.

        While the server is unavailable, the transaction is retried for half a second. After that all callers fail at
        once for two seconds, so that they do not wait for the server one after the other.

        Raises ConflictError with ``error_message`` if a constraint refuses the change, and StorageError otherwise. If
        the server can't be reached, the change may have been saved or not.
        """
        self._check_breaker()
        try:
            result: T = self._retrying(self._transact, work)
            return result
        except IntegrityError as error:
            raise ConflictError(error_message) from error
        except (StorageError, SQLAlchemyError) as error:
            if self._is_outage(error):
                logger.warning("The database %s is unreachable: %s", self.name, _reason(error))
                self._breaker.record_failure()
                raise StorageError(_UNAVAILABLE) from error
            if isinstance(error, StorageError):
                raise
            if isinstance(error, DataError):
                # A user made the value up, such as a huge number. The reason would show it.
                logger.warning("The database %s refused a value: %s", self.name, type(error.orig).__name__)
            else:
                logger.warning("The database %s is failing: %s", self.name, _reason(error))
            raise StorageError(error_message) from error

    def _transact(self, work: Callable[[Connection], T]) -> T:
        self.open().reopen_if_lost()
        with self.engine.begin() as connection:
            return work(connection)

    def _is_outage(self, error: BaseException) -> bool:
        """Whether the server is unavailable, rather than refusing one statement."""
        cause = error.__cause__ if isinstance(error, StorageError) else error
        if self.is_sqlite or not isinstance(cause, OperationalError | InterfaceError):
            return False
        code = getattr(cause.orig, "pgcode", None)
        return cause.connection_invalidated or code is None or code.startswith(_OUTAGES)

    def reopen_if_lost(self) -> bool:
        """Create a new SQLite file if the open one was deleted, and return whether it was."""
        if not self._is_open or not self._is_lost:
            return False
        with self._lock:
            # Another thread may have replaced it meanwhile.
            if self._is_lost:
                self.engine.dispose()
                self._open()
                self.generation += 1
        return True

    @property
    def _is_lost(self) -> bool:
        return self.path is not None and _identity(self.path) != self._identity

    def _open(self) -> None:
        try:
            if self.path:
                make_private_folder(self.path.parent)
                # SQLite gives new files of its write-ahead log the permissions of the database.
                if not self.path.exists():
                    self.path.touch(mode=PRIVATE_FILE)
                make_private(*(self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal", "-shm")))
            with self.engine.begin() as connection:
                _migrate(connection)
            self._identity = _identity(self.path) if self.path else None
            self._is_open = True
        except CommandError as error:
            logger.warning("The database %s can't be opened: %s", self.name, error)
            raise StorageError(
                f"The history in {self.name} belongs to a later version of digitrec and was not changed. "
                "Start that version instead."
            ) from error
        except (OSError, SQLAlchemyError) as error:
            logger.warning("The database %s can't be opened: %s", self.name, _reason(error))
            if isinstance(error, SQLAlchemyError) and self._is_outage(error):
                # Threads that wait for the lock fail at once.
                self._breaker.record_failure()
            raise StorageError(
                f"The history in {self.name} can't be opened: it is unreachable, unreadable, read-only or damaged. "
                "The server's log says why."
            ) from error


def _reason(error: Exception) -> str:
    """Return what the driver says, without the statement and the links that SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).strip()


def _parse_url(where: Path | str | URL) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        # The error would show the URL, and with it the password.
        raise StorageError("DATABASE_URL is not a valid URL, such as postgresql://user:password@host/name.") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StorageError(f"DATABASE_URL must be a postgresql URL, not {url.get_backend_name()}.")
    # Hosting providers write postgres:// or postgresql:// and mean any driver.
    return url.set(drivername="postgresql+psycopg2")


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS}, pool_size=10, max_overflow=-1, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # With a write-ahead log, readers and the writer do not block each other, and a commit survives a crash of
        # the process without syncing to the disk.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            # Give up on a silent server after seconds; TCP would wait for hours.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 8000,
            "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
        },
        pool_size=10,
        max_overflow=20,
        pool_timeout=_BUSY_SECONDS,
        hide_parameters=True,
    )


def _migrate(connection: Connection, back_to: str | None = None) -> None:
    """Migrate to the newest schema, or back to a revision, in one transaction and one process at a time."""
    if connection.dialect.name == "sqlite":
        # The driver does not start a transaction for statements that create tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # The migration of another replica may take a while.
        connection.execute(text("SET LOCAL lock_timeout = '10min'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        if POSTGRESQL_SCHEMA not in inspect(connection).get_schema_names():
            # Where an administrator created the schema, our role may not be allowed to.
            connection.execute(text(f"CREATE SCHEMA {POSTGRESQL_SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    if back_to:
        command.downgrade(config, back_to)
    else:
        command.upgrade(config, "head")


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
