import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import psutil
import pytest
import streamlit as st

from digitrec.config import ROOT, settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.imported.conventions import Conventions
from digitrec.recognition.models.cards import model_names, read_card
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.server.addresses import is_loopback
from digitrec.web.models import importing
from tests.support.app import eventually
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
    card = read_card("my-digits", models)
    assert card.description == "Imported from My Digits.tflite."
    assert [toast.value for toast in page.toast] == ["Imported my-digits. You can choose it on the Draw page."]
    page.segmented_control(key="model-card").set_value("my-digits").run()
    # On so few digits, several scales are equally accurate.
    found_out = f"Input: {card.conventions.scale}, white on black. Output: probabilities, digits in order"
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
    page = upload(open_page(app), b"version https://git-lfs.github.com/spec/v1\n", "My *Digits*.tflite")
    page.button(key="import").click().run(timeout=120)

    assert page.error[0].value.startswith(r"My \*Digits\*\.tflite is a Git LFS pointer instead of the model\. Get it")
    assert not any("digitrec-import-" in line.value for line in page.text)
    page.text_input(key="name-my-digits").set_value("../x").run()
    page.button(key="import").click().run()
    assert "Start with a letter or a digit." in page.error[0].value


@pytest.mark.slow
def test_failed_download_is_reported_without_messages_of_tensorflow(models, app, setting, monkeypatch, tmp_path):
    setting("DATASETS", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    page = upload(open_page(app), b"anything")
    page.button(key="import").click().run(timeout=120)

    assert page.error[0].value.startswith("Couldn't download MNIST")


def test_name_of_another_model_is_refused(models, app):
    page = upload(open_page(app), b"", "baseline.tflite")
    page.button(key="import").click().run()

    assert page.error[0].value == "A model named baseline already exists. Choose another name."


def test_models_that_come_with_the_app_cannot_be_deleted(models, app):
    page = open_page(app)

    assert "Import a model" in headers(page)
    page.segmented_control(key="model-card").set_value("baseline").run()
    assert "delete-model" not in [button.key for button in page.button]


def test_model_that_cannot_be_deleted_is_reported(models, app, tmp_path):
    chosen = Conventions(
        scale="0 to 1", colors="white on black", fit="resized", output="digits", values="probabilities",
        classes=tuple(range(10)), accuracy=1,
    )  # fmt: skip
    shutil.copytree(models / "baseline", tmp_path / "elsewhere")
    card = read_card("baseline", models).model_copy(update={"name": "mine", "conventions": chosen})
    card.write(tmp_path / "elsewhere")
    # Links to folders aren't deleted.
    (models / "mine").symlink_to(tmp_path / "elsewhere")
    page = open_page(app)
    page.segmented_control(key="model-card").set_value("mine").run()

    page.button(key="delete-model").click().run()

    assert [toast.value.split(" (")[0] for toast in page.toast] == ["mine couldn't be deleted"]
    assert "mine" in model_names(models)


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
def test_loopback_addresses_are_recognized(address, local):
    assert is_loopback(address) is local


def test_user_who_leaves_the_page_ends_every_process_of_the_import(models, app, tmp_path):
    program = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: print("ended", file=open("told", "w")) or sys.exit())
print(subprocess.Popen(["sleep", "60"]).pid, os.environ["TMPDIR"], flush=True)
sys.stdin.read(), signal.pause()
"""
    command = [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r})\n{program}"]
    with pytest.raises(SystemExit), importing._started(command, tmp_path) as process:
        lines = importing._lines_of(process)
        child, folder = next(filter(None, lines)).split()
        assert folder == str(tmp_path)
        # Nothing is written, but the page gets a chance to notice that the user has left.
        assert next(lines) is None
        raise SystemExit

    assert (tmp_path / "told").exists()
    eventually(lambda: psutil.pid_exists(int(child)) and psutil.Process(int(child)).status() != "zombie", False)


@pytest.mark.full
@pytest.mark.slow
def test_terminated_import_leaves_nothing_behind(models, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "digitrec", "import", str(models / "baseline" / "model.keras"), "--name", "mine"]
    environment = os.environ | {"TMPDIR": str(temporary), "DIGITREC_MODELS": str(models), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "datasets")], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "Loading …\n"
        [worker] = psutil.Process(process.pid).children()
        process.terminate()

    assert process.returncode == 143
    assert not list(temporary.iterdir())
    assert not list(models.glob(".import-*"))
    assert not worker.is_running()
    assert "mine" not in model_names(models)


@pytest.mark.parametrize("prefix", ["digitrec-import-", ".import-"])
def test_abandoned_imports_are_deleted(prefix, monkeypatch, tmp_path, setting):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    setting("MODELS", tmp_path)
    old, new, other = (tmp_path / name for name in (f"{prefix}old", f"{prefix}new", "other"))
    for folder in (old, new, other):
        (folder / "model").mkdir(parents=True)
    for folder in (old, other):
        os.utime(folder, (time.time() - 3600,) * 2)

    importing.delete_abandoned_imports()

    assert sorted(tmp_path.iterdir()) == [new, other]
