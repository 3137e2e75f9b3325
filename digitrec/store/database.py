"""The database: a SQLite file or a PostgreSQL server, opened and migrated."""

import logging
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from digitrec.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
POSTGRESQL_SCHEMA = "image_db"
_BUSY_SECONDS = 10
_CONNECT_SECONDS = 3
_MIGRATION_LOCK = 0x6469676974  # "digit"

logger = logging.getLogger(__name__)


class Database:
    """A database of digitrec, brought to the newest schema when it is opened.

    A SQLite file that somebody deletes goes on living, nameless, for those who have it open, and whatever is written to
    it is lost. ``reopen_if_lost`` notices that and begins a new file; ``generation`` counts how often it did.
    """

    def __init__(self, where: Path | str | URL) -> None:
        """Open a SQLite file, made with its folder where it is missing, or the PostgreSQL database of a URL.

        Raises:
            StoreError: it is no database of digitrec, or one of a later version, or cannot be reached or made.
        """
        self.path = where if isinstance(where, Path) else None
        self.name = str(where) if isinstance(where, Path) else _url(where).render_as_string(hide_password=True)
        self.url = _url(where)
        self.generation = 0
        self._lock = Lock()
        self._open()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.path is not None

    def reopen_if_lost(self) -> bool:
        """Begin a new file, for all threads, if the one that is open was taken away, and return whether it was.

        Raises:
            StoreError: no new file can be made.
        """
        if not self._is_lost:
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
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self.engine = _sqlite_engine(self.url) if self.path else _postgresql_engine(self.url)
            with self.engine.begin() as connection:
                _migrate_alone(connection)
            self._identity = _identity(self.path) if self.path else None
        except CommandError as error:
            logger.exception("The database %s cannot be migrated", self.name)
            raise StoreError(
                f"The history in {self.name} is of a later version of digitrec and is left as it is. "
                "Start that version again."
            ) from error
        except (OSError, SQLAlchemyError) as error:
            logger.exception("The database %s cannot be opened", self.name)
            raise StoreError(
                f"The history in {self.name} cannot be opened: it cannot be reached, read or written, or is damaged."
            ) from error


def _url(where: Path | str | URL) -> URL:
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError as error:
        raise StoreError(
            "DATABASE_URL is no address of a database, such as postgresql://user:password@host/name."
        ) from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(f"DATABASE_URL names a database of kind {url.get_backend_name()}; it has to be postgresql.")
    # What hosts call postgres:// or postgresql:// is spoken to with the driver that is installed.
    return url.set(drivername="postgresql+psycopg2")


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, pool_size=10, max_overflow=-1)

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
            "options": f"-c search_path={POSTGRESQL_SCHEMA} -c timezone=UTC -c lock_timeout=60s",
        },
        pool_size=10,
        max_overflow=20,
        pool_timeout=_BUSY_SECONDS,
        pool_pre_ping=True,
    )


def _migrate_alone(connection: Connection) -> None:
    """All of the migration or nothing, and one process at a time."""
    if connection.dialect.name == "sqlite":
        # The driver begins no transaction of its own for statements that make tables.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {POSTGRESQL_SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
