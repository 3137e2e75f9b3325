from dataclasses import replace
from functools import cache

import pytest
from starlette.testclient import TestClient

from digitrec.accounts.users import LOCAL_USER
from digitrec.api.app import create_api
from digitrec.config import settings
from digitrec.server.admission import Admission
from digitrec.server.rate_limits import RateLimits
from digitrec.services import Services


class FakeServices(Services):
    """Services with the models and the history of one test."""

    def __init__(self, load, load_numbers, history_of, admission):
        self._load, self._load_numbers, self.history_of = cache(load), cache(load_numbers), history_of
        self.admission = admission

    def digit_recognizer(self, name=None):
        return self._load()

    def number_recognizer(self):
        return self._load_numbers()

    @property
    def database(self):
        return self.history_of(LOCAL_USER).database


@pytest.fixture
def admission(request):
    return Admission(RateLimits(), settings().queue, slots=getattr(request, "param", 2))


@pytest.fixture
def api(recognizer, number_recognizer, history, admission):
    """Open the API as a caller with an address, with other models or another history if a test needs them."""

    def api(
        load=lambda: recognizer,
        history_of=lambda user: replace(history, user=user),
        address="1.2.3.4",
        load_numbers=lambda: number_recognizer,
    ):
        return TestClient(create_api(FakeServices(load, load_numbers, history_of, admission)), client=(address, 1))

    return api
