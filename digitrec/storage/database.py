"""The database: a SQLite file or a PostgreSQL server, opened and migrated."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from digitrec.errors import StorageError
from digitrec.server.circuit_breaker import CircuitBreaker

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRESQL_SCHEMA = "image_db"
_BUSY_SECONDS = 10
_CONNECT_SECONDS = 3
_SESSION = {"search_path": POSTGRESQL_SCHEMA, "timezone": "UTC", "lock_timeout": "5s", "statement_timeout": "60s"}
_MIGRATION_LOCK = 0x6469676974  # "digit"
_RETRY_SECONDS = 0.5
_BREAKER_SECONDS = 2.0
_OUTAGES = ("08", "57P", "53300")
"""What SQLSTATEs begin with that speak of the connection or the server (PostgreSQL, appendix A)."""
_UNREACHABLE = (
    "The history cannot be reached at the moment, so nothing is kept. Digits are read all the same, "
    "and keeping them goes on by itself as soon as it is back."
)

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Database:
    """A database of digitrec, brought to the newest schema before it is first used.

    A SQLite file that somebody deletes goes on living, nameless, for those who have it open, and whatever is written to
    it is lost. ``reopen_if_lost`` notices that and begins a new file; ``generation`` counts how often it did.
    """

    def __init__(self, where: Path | str | URL) -> None:
        """Choose a SQLite file, made with its folder where it is missing, or the PostgreSQL database of a URL.

        Raises:
            StoreError: the URL is none, or not one of PostgreSQL.
        """
        self.path = where if isinstance(where, Path) else None
        self.url = _url(where)
        self.name = str(where) if isinstance(where, Path) else self.url.render_as_string(hide_password=True)
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

    def open(self) -> "Database":
        """Bring the database to the newest schema, if that was not done yet, and return it.

        Raises:
            StoreError: it is no database of digitrec, or one of a later version, or cannot be reached or made.
        """
        if not self._is_open:
            with self._lock:
                # Another thread may have been first, or have found that nobody answers.
                if not self._is_open:
                    self._check_breaker()
                    self._open()
        return self

    def downgrade(self, revision: str) -> None:
        """Bring the schema back to an earlier revision, for the earlier version of digitrec that goes with it.

        What only later versions keep is lost; nobody else may have the database open.

        Raises:
            StoreError: it cannot be opened, or there is no such revision.
        """
        try:
            self.open().run(lambda connection: _migrate_alone(connection, revision))
        except CommandError as error:
            raise StorageError(f"The schema has no revision {revision} to go back to.") from error
        self._is_open = False

    def run(self, work: Callable[[Connection], T], complaint: str = "") -> T:
        """Do ``work`` in a transaction of its own and return what it returns; all of it is kept, or nothing.

        Where the server fails, it is done again after growing pauses for half a second. If that does not help either,
        callers are refused at once for two seconds: nobody waits, again and again, for a server that is not there.

        Raises:
            StoreError: the database cannot be opened or reached, or, saying ``complaint``, refuses what the work asks.
            SQLAlchemyError: it refuses what the work asks, and there is no complaint for that.
        """
        self._check_breaker()
        try:
            result: T = self._retrying(self._transact, work)
            return result
        except (StorageError, SQLAlchemyError) as error:
            if not self._is_outage(error):
                if complaint and isinstance(error, SQLAlchemyError):
                    raise StorageError(complaint) from error
                raise
            logger.warning("The database %s cannot be reached: %s", self.name, error)
            self._breaker.record_failure()
            raise StorageError(_UNREACHABLE) from error

    def _check_breaker(self) -> None:
        if self._breaker.is_open:
            raise StorageError(_UNREACHABLE)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        self.open().reopen_if_lost()
        with self.engine.begin() as connection:
            return work(connection)

    def _is_outage(self, error: BaseException) -> bool:
        """Whether the server is away or going away, rather than refusing one statement."""
        cause = error.__cause__ if isinstance(error, StorageError) else error
        if self.is_sqlite or not isinstance(cause, OperationalError | InterfaceError):
            return False
        code = getattr(cause.orig, "pgcode", None)
        return cause.connection_invalidated or code is None or code.startswith(_OUTAGES)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.path is not None

    def reopen_if_lost(self) -> bool:
        """Begin a new file, for all threads, if the one that is open was taken away, and return whether it was.

        Raises:
            StoreError: no new file can be made.
        """
        if not self._is_open or not self._is_lost:
            return False
        with self._lock:
            # Another thread may have been first.
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
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                _migrate_alone(connection)
            self._identity = _identity(self.path) if self.path else None
            self._is_open = True
        except CommandError as error:
            logger.exception("The database %s cannot be migrated", self.name)
            raise StorageError(
                f"The history in {self.name} is of a later version of digitrec and is left as it is. "
                "Start that version again."
            ) from error
        except (OSError, SQLAlchemyError) as error:
            logger.warning("The database %s cannot be opened: %s", self.name, error)
            if isinstance(error, SQLAlchemyError) and self._is_outage(error):
                # Whoever waits for the lock need not find out one after the other.
                self._breaker.record_failure()
            raise StorageError(
                f"The history in {self.name} cannot be opened: it cannot be reached, read or written, or is damaged."
            ) from error


def _url(where: Path | str | URL) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise StorageError(
            "DATABASE_URL is no address of a database, such as postgresql://user:password@host/name."
        ) from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StorageError(f"DATABASE_URL names a database of kind {url.get_backend_name()}; it has to be postgresql.")
    # What hosts call postgres:// or postgresql:// is spoken to with the driver that is installed.
    return url.set(drivername="postgresql+psycopg2")


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS}, pool_size=10, max_overflow=-1, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # With the write-ahead log, readers and the writer do not wait for each other, and a commit survives the
        # death of the process without a sync to the disk.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            # A server that says nothing any more is given up after seconds, not after the hours that TCP allows.
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


def _migrate_alone(connection: Connection, back_to: str | None = None) -> None:
    """All of the migration or nothing, and one process at a time; to the newest schema or back."""
    if connection.dialect.name == "sqlite":
        # The driver begins no transaction of its own for statements that make tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Another replica's migration may take a while.
        connection.execute(text("SET LOCAL lock_timeout = '10min'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        if POSTGRESQL_SCHEMA not in inspect(connection).get_schema_names():
            # Whoever made it may have left a role that can make none.
            connection.execute(text(f"CREATE SCHEMA {POSTGRESQL_SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
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
