"""Fixtures and markers that all tests share."""

import os
from pathlib import Path

import pytest

from digitrec.config import settings
from digitrec.services import services

pytest.register_assert_rewrite("tests.support")
pytest_plugins = ["tests.support.databases"]

FOLDER_MARKERS = {"browser": "browser", "training": "training", "deploy": "server", "faults": "server"}
SERVERS = {"postgresql", "redis", "s3"}  # Names of fixtures and parameters that start a server.


def pytest_collection_modifyitems(items):
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if marker := FOLDER_MARKERS.get(folder):
            item.add_marker(marker)
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if SERVERS & {*item.fixturenames, *(value for value in parameters if isinstance(value, str))}:
            item.add_marker("server")


@pytest.fixture(scope="session")
def recognizer():
    return services().digit_recognizer(settings().model)


@pytest.fixture(scope="session")
def number_recognizer():
    return services().number_recognizer()


@pytest.fixture
def setting(monkeypatch):
    """Change settings for one test."""

    def change(name, value):
        monkeypatch.setenv(f"DIGITREC_{name}", str(value))
        settings.cache_clear()

    yield change
    settings.cache_clear()


class WorkClock:
    """The clock by which rate limits measure work."""

    now = 0.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def work_clock(monkeypatch):
    """Return a clock that only a test advances, so that work takes no longer on a busy machine."""
    clock = WorkClock()
    monkeypatch.setattr("digitrec.server.rate_limits.perf_counter", clock)
    return clock


@pytest.fixture(scope="session")
def data():
    """Return the folder with mnist.npz, which is not part of the repository."""
    folder = os.environ.get("MNIST_FOLDER")
    if not folder:
        pytest.skip("set MNIST_FOLDER to a folder with mnist.npz to run this test")
    return Path(folder)
