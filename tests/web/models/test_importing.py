import importlib.util
import shutil

import numpy as np
import pytest
import streamlit as st

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.cards import model_names
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.server.addresses import is_loopback
from tests.web.conftest import claims


@pytest.fixture
def server_address(monkeypatch):
    """Return a function that changes the address on which the server listens."""
    get_option = st.get_option

    def change(address):
        monkeypatch.setattr(st, "get_option", lambda key: address if key == "server.address" else get_option(key))

    return change


@pytest.fixture
def models(tmp_path, setting, server_address):
    """Return a folder with copies of the models, on a server that other machines can't reach."""
    shutil.copytree(settings().models, tmp_path / "models")
    setting("MODELS", tmp_path / "models")
    images = np.stack([normalize(render(strokes, CANVAS_SIDE))[0] * 255 for strokes in samples().values()])
    images, labels = np.tile(images.astype(np.uint8), (5, 1, 1)), np.tile(np.arange(10, dtype=np.uint8), 5)
    (tmp_path / "datasets").mkdir()
    np.savez(tmp_path / "datasets" / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    setting("DATASETS", tmp_path / "datasets")
    server_address("127.0.0.1")
    return tmp_path / "models"


def headers(app):
    return [header.value for header in app.header]


def open_page(app):
    return app.switch_page("pages/models.py").run()


def upload(page, content, filename="My Digits.tflite"):
    page.file_uploader(key="model-file").set_value((filename, content, "application/octet-stream")).run()
    return page


@pytest.mark.slow
def test_model_is_imported_shown_and_deleted(models, app):
    page = upload(open_page(app), (models / "baseline" / LITERT_FILE).read_bytes())
    assert page.text_input(key="name-my-digits").value == "my-digits"
    page.button(key="import").click().run(timeout=120)

    assert not page.exception
    assert not page.error
    assert "my-digits" in model_names(models)
    assert [toast.value for toast in page.toast] == ["Imported my-digits. You can choose it on the Draw page."]
    page.segmented_control(key="model-card").set_value("my-digits").run()
    found_out = "Input: 0 to 1, white on black. Output: probabilities, in order"
    assert any(found_out in markdown.value for markdown in page.markdown)
    assert "Architecture" not in headers(page)
    leaderboard = page.dataframe[-1].value
    assert leaderboard["Model"].tolist().count("my-digits") == 1
    assert "everyhand (default)" in leaderboard["Model"].tolist()

    page.button(key="delete-model").click().run()

    assert not page.exception
    assert "my-digits" not in model_names(models)


@pytest.mark.full
@pytest.mark.slow
def test_refused_file_and_invalid_name_are_reported(models, app):
    page = upload(open_page(app), b"version https://git-lfs.github.com/spec/v1\n")
    page.button(key="import").click().run(timeout=120)

    assert page.error[0].value == (
        "My Digits.tflite is a Git LFS pointer instead of the model. Get it with: git lfs pull."
    )
    page.text_input(key="name-my-digits").set_value("../x").run()
    page.button(key="import").click().run()
    assert "Use only a to z" in page.error[0].value


def test_models_that_come_with_the_app_cannot_be_deleted(models, app):
    page = open_page(app)

    assert "Import a model" in headers(page)
    page.segmented_control(key="model-card").set_value("baseline").run()
    assert "delete-model" not in [button.key for button in page.button]


def test_server_without_tensorflow_says_what_to_install(models, app, monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "digitrec.web.models.importing.find_spec", lambda name: None if name == "tensorflow" else find_spec(name)
    )

    page = open_page(app)

    assert "Importing needs TensorFlow" in page.info[0].value
    assert any("pip install -r requirements.txt" in code.value for code in page.code)
    assert not page.get("file_uploader")


@pytest.mark.parametrize(("allowed", "shown"), [("false", False), ("true", True)])
def test_public_server_imports_only_if_a_setting_allows_it(allowed, shown, models, app, setting, server_address):
    server_address("0.0.0.0")
    setting("IMPORT_MODELS", allowed)

    assert ("Import a model" in headers(open_page(app))) is shown


@pytest.mark.parametrize(("name", "shown"), [("ann", True), ("bob", False), (None, False)])
def test_only_admins_import_where_users_sign_in(name, shown, models, sign_in, setting):
    setting("ADMINS", "ann@example.org")

    app = sign_in(claims(name) if name else None)

    assert ("Import a model" in headers(open_page(app))) is shown


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), (None, False), ("0.0.0.0", False), ("digits.org", False)],
)
def test_loopback_addresses_are_told_from_others(address, local):
    assert is_loopback(address) is local
