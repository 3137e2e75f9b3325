from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.digit_model import load_digit_model
from digitrec.samples import known_mistakes
from tests.support.app import running_app, visit, wait_for_run


@pytest.fixture
def mistake():
    """The network input of a 4 that everyhand predicts as a 9."""
    (mistake,) = (mistake for mistake in known_mistakes() if mistake.description == "an open 4 drawn in one stroke")
    return normalize(render(mistake.strokes, 280))[0]


@pytest.fixture
def server(tmp_path, mistake):
    """A server with a test set of one digit."""
    images, labels = np.round(mistake * 255).astype(np.uint8)[np.newaxis], np.array([4], np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    with running_app(DIGITREC_DATA=str(tmp_path / "data"), DIGITREC_DATASETS=str(tmp_path)) as server:
        yield server


@pytest.mark.full
def test_clicking_a_cell_shows_its_digits_and_speed_is_measured(new_page, server, mistake, screenshot):
    probabilities = (
        load_digit_model("everyhand", settings().models).classifier.classify(mistake[np.newaxis]).probabilities
    )
    assert probabilities.argmax() == 9
    page = new_page()
    visit(page, f"{server.url}/models")
    matrix = page.get_by_test_id("stVegaLiteChart").filter(has_text="Confusion matrix")

    matrix.locator("path[aria-label^='Predicted: 4; Label: 4;']").click()
    expect(page.get_by_text("These are the correct predictions.")).to_be_visible()
    # Chromium loses clicks on a chart that is being drawn again.
    wait_for_run(page)
    matrix.locator("path[aria-label^='Predicted: 9; Label: 4;']").click()

    expect(page.get_by_alt_text("4 predicted as 9")).to_be_visible()
    expect(page.get_by_text("1 of 1, highest confidence first")).to_be_visible()
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("digits/s").first).to_be_visible(timeout=90_000)
    mapped = Path(f"/proc/{server.process.pid}/maps")
    if mapped.exists():
        assert "tensorflow" not in mapped.read_text()
    screenshot(page, "models-mistake")
