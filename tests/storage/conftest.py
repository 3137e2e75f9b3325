from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digitrec.accounts.users import Person
from digitrec.prediction import Source
from digitrec.samples import WIDE, png, samples, written
from digitrec.storage.users import sign_in
from tests.support.pictures import drawing_png


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
