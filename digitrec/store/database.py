"""The database file: opened, migrated, and noticed when it is taken away."""

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


class Database:
    """A SQLite file, brought to the newest schema when it is opened.

    A file that somebody deletes goes on living, nameless, for those who have it open, and whatever is written to it
    is lost. ``is_lost`` tells, and ``reopen`` begins a new file.
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

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                # A log left behind by a file that is gone belongs to no other.
                for suffix in ("-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self.engine = _engine(self.path)
            with self.engine.begin() as connection:
                _migrate(connection)
        except (OSError, SQLAlchemyError, CommandError) as error:
            raise StoreError(f"The history in {self.path} cannot be opened: {error}") from error
        self._identity = _identity(self.path)

    @property
    def is_lost(self) -> bool:
        """Whether the file that is open is no longer the one at its path."""
        return _identity(self.path) != self._identity

    def reopen(self) -> None:
        """Begin a new file in the place of one that is lost, for all threads; the generation tells of it."""
        with self._lock:
            if self.is_lost:
                self.engine.dispose()
                self._open()
                self.generation += 1


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


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
