import logging
import shutil

import pytest

from digitrec.accounts.users import LOCAL_USER
from digitrec.config import settings
from digitrec.errors import ModelError, StorageError
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.number_recognizer import NumberRecognizer
from digitrec.server.metrics import REGISTRY
from digitrec.services import Services, services


@pytest.fixture
def fresh_services(setting, tmp_path):
    """Services with an empty data folder and the models that are already loaded."""
    setting("DATA", tmp_path / "data")
    fresh = Services()
    yield fresh
    fresh.database.engine.dispose()


def test_models_outlive_new_services(fresh_services):
    assert fresh_services.digit_recognizer() is services().digit_recognizer()
    assert fresh_services.number_recognizer() is services().number_recognizer()
    assert fresh_services.history_of(LOCAL_USER).count() == 0


def test_services_are_built_once():
    assert services() is services()
    assert services().admission is services().admission


def test_failed_load_is_tried_again(fresh_services, setting, tmp_path):
    original = settings().models
    setting("MODELS", tmp_path / "models")
    for load in (fresh_services.digit_recognizer, fresh_services.number_recognizer):
        with pytest.raises(ModelError):
            load()

    shutil.copytree(original, tmp_path / "models")

    assert fresh_services.digit_recognizer().model.card.name == settings().model
    assert fresh_services.number_recognizer().model.card.name == "line"


def test_unknown_kind_of_database_is_reported_on_each_use(fresh_services, setting, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "oracle://host/name")
    settings.cache_clear()
    for _ in range(2):
        with pytest.raises(StorageError):
            fresh_services.history_of(LOCAL_USER)
    monkeypatch.delenv("DATABASE_URL")
    settings.cache_clear()

    assert fresh_services.history_of(LOCAL_USER).count() == 0


@pytest.fixture
def recognitions(monkeypatch):
    """The recognizers used in a test, each with the input method."""
    used = []
    for kind in (DigitRecognizer, NumberRecognizer):

        def recognize(self, data, input_method, original=kind.recognize):
            used.append((type(self), input_method))
            return original(self, data, input_method)

        monkeypatch.setattr(kind, "recognize", recognize)
    return used


def test_warm_up_covers_every_path_of_a_first_prediction(fresh_services, recognitions):
    fresh_services.warm_up()

    kinds = (DigitRecognizer, NumberRecognizer)
    assert recognitions == [(kind, method) for kind in kinds for method in (InputMethod.CANVAS, InputMethod.UPLOAD)]


def test_warm_up_saves_and_counts_nothing(fresh_services):
    fresh_services.warm_up()

    assert fresh_services.history_of(LOCAL_USER).count() == 0
    for stage in ("preprocess", "infer"):
        assert not REGISTRY.get_sample_value("digitrec_stage_seconds_count", {"stage": stage})


def test_warm_up_continues_without_a_model(fresh_services, setting, tmp_path, caplog):
    setting("MODELS", tmp_path / "none")

    with caplog.at_level(logging.INFO, "digitrec"):
        fresh_services.warm_up()

    assert caplog.text.count("The warm-up failed") == 2
    assert "Warmed up" in caplog.text
