import json
import shutil

import numpy as np
import pytest
import streamlit as st

from digitrec.cli import main
from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.cards import CARD_FILE, Layer, read_card
from digitrec.recognition.models.digit_model import LITERT_FILE, load_digit_model
from digitrec.samples import known_mistakes, samples
from tests.support.page_actions import text


@pytest.fixture
def page(app):
    return app.switch_page("pages/models.py").run()


def charts(app):
    """The specifications of the charts by their titles."""
    found = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    return {spec["title"]: spec for spec in found}


@pytest.fixture
def measured(tmp_path, setting):
    """A folder with a mnist.npz of our own drawings, and a copy of the models that were measured on it."""
    drawn = [(strokes, digit) for digit, strokes in samples().items()]
    drawn += [(mistake.strokes, mistake.digit) for mistake in known_mistakes() if mistake.digit is not None]
    images = np.stack([np.round(normalize(render(strokes, 280))[0] * 255) for strokes, _ in drawn]).astype(np.uint8)
    labels = np.array([digit for _, digit in drawn], np.uint8)
    (tmp_path / "datasets").mkdir()
    np.savez(tmp_path / "datasets" / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    shutil.copytree(settings().models, tmp_path / "models")
    setting("MODELS", tmp_path / "models")
    assert main(["evaluate", "--data", str(tmp_path / "datasets"), "--mistakes", str(tmp_path / "mistakes")]) == 0
    return tmp_path


@pytest.mark.parametrize("name", ["everyhand", "baseline"])
def test_card_is_shown_with_its_sources_and_charts(page, name):
    page.segmented_control(key="model").set_value(name).run()

    assert not page.exception
    card = read_card(name, settings().models)
    assert card.description in [text.value for text in page.text]
    assert page.metric[0].value == f"{card.parameters:,}"
    table = page.dataframe[0].value
    assert set(table["Source"]) == set(card.evaluations)
    assert set(table["Model"]) == {name, "baseline"}
    shown = charts(page)
    for title in (
        "How much of each source is read wrong?",
        "Which digits are taken for which?",
        "How much of each digit is read wrong?",
        "When it says 80 %, is it right in 80 %?",
        "What if the brush is another?",
        "How did training go?",
    ):
        assert title in shown
    assert "Worst sources" in "".join(markdown.value for markdown in page.markdown)
    assert page.code[0].value == card.training.command


def test_models_are_told_apart_by_shape_and_dash_too(page):
    shown = charts(page)

    points = shown["How much of each source is read wrong?"]["layer"][1]["encoding"]
    assert points["color"]["field"] == points["shape"]["field"] == "model"
    lines = shown["When it says 80 %, is it right in 80 %?"]["layer"][1]["encoding"]
    assert lines["color"]["field"] == lines["strokeDash"]["field"] == "model"


@pytest.mark.parametrize("name", ["everyhand", "baseline"])
def test_network_is_drawn_with_every_shape_and_all_parameters(page, name):
    page.segmented_control(key="model").set_value(name).run()

    diagram = text(page)
    for layer in read_card(name, settings().models).layers:
        assert " x ".join(map(str, layer.output)) in diagram
    assert ("tells whether it is one" in diagram) == (name == "everyhand")


def test_network_of_any_shape_is_drawn_and_what_was_not_measured_is_said(page, tmp_path, setting):
    shutil.copytree(settings().models / "baseline", tmp_path / "models" / "mine")
    shapes = [(784,), (28, 28), (224, 224, 3), (1, 1, 2048), (10,)]
    layers = [Layer(kind="Reshape", output=shape, parameters=0) for shape in shapes]
    card = read_card("baseline", settings().models)
    unmeasured = {"name": "mine", "layers": layers, "parameters": 0, "evaluations": {}, "robustness": {}}
    card.model_copy(update=unmeasured).write(tmp_path / "models" / "mine")
    setting("MODELS", tmp_path / "models")
    setting("MODEL", "mine")

    page.run()

    assert not page.exception
    assert all(" x ".join(map(str, shape)) in text(page) for shape in shapes)
    assert any("mine was not measured yet" in markdown.value for markdown in page.markdown)
    assert list(charts(page)) == ["How did training go?"]


def test_digits_behind_a_mistake_are_shown_where_their_folder_is_set(measured, page, setting):
    setting("DATASETS", measured / "datasets")
    page.run()
    cell = page.selectbox(key="cell-everyhand-MNIST test")
    wrong = load_digit_model("everyhand", measured / "models").card.evaluations["MNIST test"].confusion
    assert cell.options == sorted(cell.options, key=lambda option: -int(option.split(", ")[1].split()[0]))
    assert len(cell.options) == sum(
        count > 0 for digit, row in enumerate(wrong) for read, count in enumerate(row) if digit != read
    )

    cell.set_value((4, 9)).run()

    assert not page.exception and not page.error
    pictures = [html.proto.body for html in page.get("html") if "read as" in html.proto.body]
    assert "".join(pictures).count('alt="A 4, read as 9"') == wrong[4][9]
    assert f"{wrong[4][9]} of {wrong[4][9]}, the surest first" in text(page)


def test_without_the_folder_the_command_is_shown_that_writes_the_pictures(measured, page):
    page.selectbox(key="cell-everyhand-MNIST test").set_value((4, 9)).run()

    command = next(code.value for code in page.code if "evaluate" in code.value)
    assert command == "python -m digitrec evaluate --model everyhand --data DIR --mistakes FOLDER"
    assert (measured / "mistakes" / "MNIST test.png").stat().st_size > 1000


def test_damaged_digits_are_said_in_a_sentence(measured, page, setting):
    setting("DATASETS", measured / "datasets")
    (measured / "datasets" / "mnist.npz").write_bytes(b"PK cut off")

    page.selectbox(key="cell-everyhand-MNIST test").set_value((4, 9)).run()

    assert not page.exception
    assert "is not the mnist.npz" in page.error[0].value


def test_speed_is_measured_when_asked_for(page):
    speed = {metric.label: metric for metric in page.metric}["One digit through the network"]
    assert speed.value == "–"

    next(button for button in page.button if button.label == "Measure").click().run()

    values = {metric.label: metric.value for metric in page.metric}
    assert values["One digit through the network"].endswith(" ms")
    assert values["From a drawing to its answer"].endswith(" ms")
    assert values["Digits in batches of 256"].endswith(" a second")


def test_speed_of_a_model_that_is_gone_is_said_in_a_sentence(page, tmp_path, setting):
    shutil.copytree(settings().models, tmp_path / "models")
    (tmp_path / "models" / "everyhand" / LITERT_FILE).unlink()
    setting("MODELS", tmp_path / "models")
    st.cache_resource.clear()

    next(button for button in page.run().button if button.label == "Measure").click().run()

    assert not page.exception
    assert "is missing" in page.error[0].value


def test_source_can_be_looked_at_more_closely(page):
    page.selectbox(key="source").set_value("USPS").run()

    assert not page.exception
    assert page.selectbox(key="source").value == "USPS"


def test_damaged_card_is_said_in_a_sentence(page, tmp_path, setting):
    (tmp_path / "models" / "everyhand").mkdir(parents=True)
    (tmp_path / "models" / "everyhand" / CARD_FILE).write_text("{")
    setting("MODELS", tmp_path / "models")

    page.run()

    assert not page.exception
    assert "card.json is damaged" in page.error[0].value


@pytest.mark.parametrize(("before", "default"), [(0.5, "mine"), (0.9999, "everyhand")])
def test_tuned_model_is_shown_beside_what_it_began_as_and_is_no_default_if_worse(
    page, tmp_path, setting, before, default
):
    shutil.copytree(settings().models, tmp_path / "models")
    shutil.copytree(tmp_path / "models" / "everyhand", tmp_path / "models" / "mine")
    card = read_card("mine", tmp_path / "models")
    tuned = {"name": "mine", "fine_tuned_from": "everyhand", "accuracy_before": {"MNIST test": before}}
    card.model_copy(update=tuned).write(tmp_path / "models" / "mine")
    setting("MODELS", tmp_path / "models")
    setting("MODEL", "mine")

    page.run()
    assert page.segmented_control(key="model").options[0] == default
    page.segmented_control(key="model").set_value("mine").run()
    assert not page.exception
    assert page.dataframe[0].value["Before"].tolist() == [before]

    page.switch_page("pages/draw.py").run()
    assert not page.exception
    assert any("reads worse than everyhand" in caption.value for caption in page.caption) == (default == "everyhand")
