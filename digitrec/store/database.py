"""The database file: opened, migrated, and noticed when it is taken away."""

import logging
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from digitrec.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10

logger = logging.getLogger(__name__)


class Database:
    """A SQLite file, brought to the newest schema when it is opened.

    A file that somebody deletes goes on living, nameless, for those who have it open, and whatever is written to it
    is lost. ``reopen_if_lost`` notices that and begins a new file; ``generation`` counts how often it did.
    """

    def __init__(self, path: Path) -> None:
        """Open the file ``path``, made with its folder where it is missing.

        Raises:
            StoreError: the file is no database of digitrec, or cannot be opened or made.
        """
        self.path = path
        self.generation = 0
        self._lock = Lock()
        self._open()

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
        return _identity(self.path) != self._identity

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.engine = _engine(self.path)
            with self.engine.begin() as connection:
                # All of the migration or nothing, and one process at a time: the driver begins no transaction for
                # statements that make tables.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                _migrate(connection)
            self._identity = _identity(self.path)
        except (OSError, SQLAlchemyError, CommandError) as error:
            logger.exception("The database %s cannot be opened", self.path)
            raise StoreError(
                f"The history in {self.path} cannot be opened: it cannot be read or written, is damaged, "
                "or is of another version of digitrec."
            ) from error


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS}, pool_size=10, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # With the write-ahead log, readers and the writer do not wait for each other, and a commit survives the
        # death of the process without a sync to the disk.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _migrate(connection: Connection) -> None:
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
