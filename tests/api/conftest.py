import base64
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from digitrec.api.app import make_api
from digitrec.server import rate_limits as limits
from digitrec.server.metrics import REGISTRY

# The databases and what lies in them are those of the store's tests.


def data_url(file):
    return "data:image/png;base64," + base64.b64encode(file).decode()


def counted(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture(autouse=True)
def nobody_counted_yet():
    limits._rate_limits.cache_clear()


@pytest.fixture
def api(recognizer, number_recognizer, records):
    """Opens the API, on another recognizer where one is handed in, as one address or another."""

    def api(
        load=lambda: recognizer,
        records_of=lambda person: replace(records, person=person),
        address="1.2.3.4",
        load_numbers=lambda: number_recognizer,
    ):
        return TestClient(make_api(load, load_numbers, records_of), client=(address, 1))

    return api
