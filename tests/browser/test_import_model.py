"""Importing a model file on the Models page, and what happens when that fails."""

import json
import os
import shutil
import signal
import zipfile

import numpy as np
import psutil
import pytest
from playwright.sync_api import expect

from digitrec.config import settings
from digitrec.recognition.models.cards import model_names
from digitrec.recognition.models.digit_model import LITERT_FILE
from tests.support.app import eventually, running_app
from tests.support.foreign_models import Foreign, build, varied_samples

# Collects what the progress says, which may be visible for an instant only.
WATCH_PROGRESS = """() => {
    window.stages = [];
    new MutationObserver(() => {
        for (const status of document.querySelectorAll("[data-testid=stExpander] summary")) {
            if (!window.stages.includes(status.innerText)) window.stages.push(status.innerText);
        }
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
WITHOUT_TENSORFLOW = """
from importlib.machinery import PathFinder
find_spec = PathFinder.find_spec
PathFinder.find_spec = staticmethod(lambda name, *more: None if name == "tensorflow" else find_spec(name, *more))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with copies of the models and a mnist.npz made of the samples."""
    folder, digits = tmp_path_factory.mktemp("importing"), varied_samples(1)
    shutil.copytree(settings().models, folder / "models")
    arrays = {"x_train": digits.images, "y_train": digits.labels, "x_test": digits.images, "y_test": digits.labels}
    np.savez(folder / "mnist.npz", **arrays)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    environment = {"DATA": folder / "data", "MODELS": folder / "models", "DATASETS": folder}
    with running_app(**{f"DIGITREC_{name}": str(value) for name, value in environment.items()}) as server:
        yield server


@pytest.fixture
def models_page(new_page, server):
    page = new_page()
    page.goto(f"{server.url}/models")
    expect(page.get_by_role("heading", name="Import a model")).to_be_visible()
    return page


@pytest.fixture
def keras_file(tmp_path):
    """A file that takes TensorFlow a few seconds to convert."""
    return build(Foreign(".keras"), tmp_path)


def start_import(page, path):
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(path)
    expect(page.get_by_label("Name", exact=True)).to_have_value(path.stem.lower())
    page.get_by_role("button", name="Import", exact=True).click()


def workers(server):
    """Return the processes that convert models for a server."""
    return [
        process
        for process in psutil.Process(server.process.pid).children(recursive=True)
        if "digitrec.training.imported.worker" in process.cmdline()
    ]


def test_imported_model_is_shown_and_deleted(models_page, folder, tmp_path, screenshot):
    page, path = models_page, tmp_path / "Mine.tflite"
    shutil.copy(folder / "models" / "baseline" / LITERT_FILE, path)
    page.evaluate(WATCH_PROGRESS)

    start_import(page, path)

    expect(page.get_by_text("Imported mine. You can choose it on the Draw page.")).to_be_visible(timeout=180_000)
    assert any("Measuring which input it expects" in stage for stage in page.evaluate("window.stages"))
    page.get_by_role("radio", name="mine").click()
    expect(page.get_by_text("Imported model. Input: 0 to 1, white on black.")).to_be_visible()
    leaderboard = page.get_by_test_id("stDataFrame").last
    expect(leaderboard.get_by_role("gridcell", name="mine", exact=True)).to_be_attached()
    expect(leaderboard.get_by_role("gridcell", name="everyhand (default)")).to_be_attached()
    screenshot(page, "models-imported")
    page.get_by_role("button", name="Delete model").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted mine.")).to_be_visible()
    expect(page.get_by_role("radio", name="mine")).to_have_count(0)
    assert "mine" not in model_names(folder / "models")


@pytest.mark.full
def test_killed_conversion_is_reported(models_page, server, folder, keras_file):
    start_import(models_page, keras_file)
    eventually(lambda: len(workers(server)), 1)
    os.kill(workers(server)[0].pid, signal.SIGKILL)

    expect(models_page.get_by_text("model.keras was given up, because it is damaged or takes more")).to_be_visible()
    assert "model" not in model_names(folder / "models")
    # The next import isn't refused as if this one still ran.
    models_page.get_by_role("button", name="Import", exact=True).click()
    expect(models_page.get_by_text("Imported model.")).to_be_visible(timeout=180_000)
    shutil.rmtree(folder / "models" / "model")


@pytest.mark.full
def test_conversion_ends_when_the_page_is_left(models_page, server, folder, keras_file):
    start_import(models_page, keras_file)
    eventually(lambda: len(workers(server)), 1)
    models_page.close()

    eventually(lambda: workers(server), [], 60)
    assert "model" not in model_names(folder / "models")


@pytest.mark.full
def test_file_that_takes_too_much_memory_is_refused(models_page, folder, keras_file):
    with zipfile.ZipFile(keras_file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(contents["config.json"])
    config["config"]["layers"][-1]["config"]["units"] = 10**7
    with zipfile.ZipFile(keras_file, "w") as archive:
        for name, content in (contents | {"config.json": json.dumps(config)}).items():
            archive.writestr(name, content)

    start_import(models_page, keras_file)

    alert = models_page.get_by_role("alert").filter(has_text="model.keras")
    expect(alert).to_be_visible(timeout=180_000)
    assert "Traceback" not in alert.inner_text()
    assert "memory" in alert.inner_text()
    assert "model" not in model_names(folder / "models")


@pytest.mark.full
def test_server_without_tensorflow_says_what_to_install(new_page, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_TENSORFLOW)
    with running_app(DIGITREC_DATA=str(tmp_path / "data"), PYTHONPATH=str(tmp_path)) as server:
        page = new_page()
        page.goto(f"{server.url}/models")
        expect(page.get_by_text("Importing needs TensorFlow, which isn't installed here.")).to_be_visible()
        expect(page.get_by_test_id("stFileUploader")).to_have_count(0)
