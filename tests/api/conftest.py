import base64
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from digitrec.api.app import create_api
from digitrec.server import rate_limits as limits
from digitrec.server.metrics import REGISTRY

# The databases and what lies in them are those of the store's tests.


def data_url(file):
    return "data:image/png;base64," + base64.b64encode(file).decode()


def count_noun(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


@pytest.fixture(autouse=True)
def nobody_counted_yet():
    limits._rate_limits.cache_clear()


@pytest.fixture
def api(recognizer, number_recognizer, history):
    """Opens the API, on another recognizer where one is handed in, as one address or another."""

    def api(
        load=lambda: recognizer,
        history_of=lambda user: replace(history, user=user),
        address="1.2.3.4",
        load_numbers=lambda: number_recognizer,
    ):
        return TestClient(create_api(load, load_numbers, history_of), client=(address, 1))

    return api
