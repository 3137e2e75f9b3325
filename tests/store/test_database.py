import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from digitrec.errors import StoreError
from digitrec.store.database import Database
from digitrec.store.schema import metadata


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "data" / "digitrec.sqlite")
    yield database
    database.engine.dispose()


def test_migrations_lead_to_the_schema(database):
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_file_is_opened_again_as_it_was(database):
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO users VALUES (1, 'a', 'b', 'c', '2026-01-01')"))
    again = Database(database.path)
    with again.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1
    again.engine.dispose()


def test_writers_do_not_block_readers_and_references_are_kept(database):
    with database.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0 cut off" + bytes(5000)])
def test_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "digitrec.sqlite"
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"digitrec\.sqlite cannot be opened"):
        Database(path)
    assert path.read_bytes() == content


def test_database_from_the_future_is_refused_unharmed(database):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.engine.dispose()

    with pytest.raises(StoreError, match="cannot be opened"):
        Database(database.path)
    with sqlite3.connect(database.path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "data").write_text("a file")

    with pytest.raises(StoreError, match="cannot be opened"):
        Database(tmp_path / "data" / "digitrec.sqlite")


def test_file_taken_away_is_noticed_and_replaced_once(database):
    assert not database.is_lost
    database.path.unlink()
    assert database.is_lost

    database.reopen()
    database.reopen()

    assert not database.is_lost
    assert database.generation == 1
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM predictions")) == 0
