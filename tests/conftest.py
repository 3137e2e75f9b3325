import os
from pathlib import Path

import pytest

from digitrec.config import settings
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_model
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import NumberRecognizer

pytest.register_assert_rewrite("tests.support")
pytest_plugins = ["tests.support.databases"]


def pytest_collection_modifyitems(items):
    if "FULL" not in os.environ:
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(pytest.mark.skip(reason="`make test-full` runs it"))


@pytest.fixture(scope="session")
def recognizer():
    return DigitRecognizer(load_model(settings().model, settings().models))


@pytest.fixture(scope="session")
def number_recognizer():
    return NumberRecognizer(load_line_model(settings().models))


@pytest.fixture
def setting(monkeypatch):
    """Changes settings for one test."""

    def setting(name, value):
        monkeypatch.setenv(f"DIGITREC_{name}", str(value))
        settings.cache_clear()

    yield setting
    settings.cache_clear()


@pytest.fixture(scope="session")
def data():
    """The folder with mnist.npz, which is nobody's to commit."""
    folder = os.environ.get("MNIST_FOLDER")
    if not folder:
        pytest.skip("set MNIST_FOLDER to a folder with mnist.npz to run this test")
    return Path(folder)
