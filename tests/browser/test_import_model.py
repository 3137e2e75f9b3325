"""Importing a model file on the Models page, what happens when that fails, and comparing imported models."""

import os
import shutil
import signal

import numpy as np
import pytest
from playwright.sync_api import expect

from digitrec.config import settings
from digitrec.recognition.models.cards import model_names, read_card
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import samples
from tests.support.app import draw, eventually, open_app, running_app, wait_for_run
from tests.support.foreign_models import Foreign, build, varied_samples
from tests.support.processes import children
from tests.support.without_tensorflow import without_tensorflow

pytestmark = [
    pytest.mark.full,  # Importing takes half a minute.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

# Collects what the progress says, which may be visible for an instant only.
WATCH_PROGRESS = """() => {
    window.stages = [];
    new MutationObserver(() => {
        for (const status of document.querySelectorAll("[data-testid=stExpander] summary")) {
            if (!window.stages.includes(status.innerText)) window.stages.push(status.innerText);
        }
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


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
    return children("digitrec.training.imported.worker", server.process.pid, recursive=True)


def test_imported_model_is_shown_and_deleted(models_page, folder, tmp_path, screenshot):
    page, path = models_page, tmp_path / "Mine.tflite"
    shutil.copy(folder / "models" / "baseline" / LITERT_FILE, path)
    page.evaluate(WATCH_PROGRESS)

    start_import(page, path)

    expect(page.get_by_text("Imported mine. You can choose it on the Draw page.")).to_be_visible(timeout=180_000)
    assert any("Working out which input it expects" in stage for stage in page.evaluate("window.stages"))
    page.get_by_role("radio", name="mine").click()
    # On so few digits, several scales are equally accurate.
    scale = read_card("mine", folder / "models").conventions.scale
    expect(page.get_by_text(f"Imported model. Input: {scale}, white on black.")).to_be_visible()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    screenshot(page, "models-imported")
    page.get_by_role("button", name="Delete model").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Deleted mine.")).to_be_visible()
    expect(page.get_by_role("radio", name="mine")).to_have_count(0)
    assert "mine" not in model_names(folder / "models")


def test_killed_conversion_is_reported(models_page, server, folder, keras_file):
    start_import(models_page, keras_file)
    eventually(lambda: len(workers(server)), 1, 120)
    os.kill(workers(server)[0].pid, signal.SIGKILL)

    refusal = models_page.get_by_role("alert").filter(
        has_text="model.keras couldn't be imported: its process was killed."
    )
    expect(refusal).to_be_visible(timeout=60_000)
    expect(models_page.get_by_text("digitrec-import-")).to_have_count(0)
    assert "model" not in model_names(folder / "models")
    # The next import isn't refused as if this one still ran.
    models_page.get_by_role("button", name="Import", exact=True).click()
    expect(models_page.get_by_text("Imported model.")).to_be_visible(timeout=180_000)
    shutil.rmtree(folder / "models" / "model")


def test_server_without_tensorflow_says_what_to_install(new_page, tmp_path):
    with running_app(DIGITREC_DATA=str(tmp_path / "data"), **without_tensorflow(tmp_path)) as server:
        page = new_page()
        page.goto(f"{server.url}/models")
        expect(page.get_by_text("Importing needs TensorFlow, which isn't installed here.")).to_be_visible()
        expect(page.get_by_test_id("stFileUploader")).to_have_count(0)


def test_four_models_fit_below_the_canvas_of_a_phone(new_page, server, folder):
    models, names = folder / "models", ("cnn", "a-model-with-a-long-name")
    for name in names:
        shutil.copytree(models / "baseline", models / name)
        read_card("baseline", models).model_copy(update={"name": name}).write(models / name)
    page = new_page(viewport={"width": 390, "height": 844})
    open_app(page, server.url)
    page.get_by_role("button", name="Model: everyhand").click()
    choices = page.locator(".st-key-models button")
    for count, name in enumerate(("baseline", *names), 2):
        choices.filter(has_text=name).click()
        expect(page.get_by_role("button", name=f"Models: {count} selected")).to_be_visible()
    wait_for_run(page)
    boxes = [choice.bounding_box() for choice in choices.all()]
    page.keyboard.press("Escape")
    draw(page, samples()[7])

    assert len({(box["x"], box["width"]) for box in boxes}) == 1
    results = page.locator(".models section")
    expect(results).to_have_count(4)
    assert all(result.bounding_box()["height"] < 60 for result in results.all())
    for name in names:
        shutil.rmtree(models / name)
