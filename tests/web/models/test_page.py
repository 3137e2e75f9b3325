import json
import shutil

import numpy as np
import pytest

from digitrec.cli import main
from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.recognition.models.cards import CARD_FILE, DataUse, Layer, read_card
from digitrec.recognition.models.digit_model import LITERT_FILE, load_digit_model
from digitrec.samples import known_mistakes, samples
from tests.support.page_actions import text


@pytest.fixture
def page(app):
    return app.switch_page("pages/models.py").run()


def charts(app):
    """Return the specifications of the charts by their titles."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    return {spec["title"]: spec for spec in specs}


@pytest.fixture
def evaluated(tmp_path, setting):
    """A folder with a mnist.npz of the sample drawings, and models that were evaluated on it."""
    drawings = [(strokes, digit) for digit, strokes in samples().items()]
    drawings += [(mistake.strokes, mistake.digit) for mistake in known_mistakes() if mistake.digit is not None]
    images = np.stack([np.round(normalize(render(strokes, 280))[0] * 255) for strokes, _ in drawings]).astype(np.uint8)
    labels = np.array([digit for _, digit in drawings], np.uint8)
    (tmp_path / "datasets").mkdir()
    np.savez(tmp_path / "datasets" / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    shutil.copytree(settings().models, tmp_path / "models")
    setting("MODELS", tmp_path / "models")
    assert main(["evaluate", "--data", str(tmp_path / "datasets"), "--mistakes", str(tmp_path / "mistakes")]) == 0
    return tmp_path


@pytest.mark.parametrize("name", ["everyhand", "baseline"])
def test_card_shows_its_metrics_and_charts(page, name):
    page.segmented_control(key="model-card").set_value(name).run()

    assert not page.exception
    card = read_card(name, settings().models)
    assert card.description in [text.value for text in page.text]
    assert page.metric[0].value == f"{card.parameters:,}"
    table = page.dataframe[0].value
    assert set(table["Test set"]) == set(card.evaluations)
    assert set(table["Model"]) == {name, "baseline"}
    shown = charts(page)
    for title in (
        "Error rate by test set",
        "Confusion matrix",
        "Error rate by digit",
        "Reliability diagram",
        "Brush width",
        "Training loss",
    ):
        assert title in shown
    assert "Lowest accuracy" in "".join(markdown.value for markdown in page.markdown)
    assert page.code[0].value == card.training.command


def test_leaderboard_and_card_show_the_same_size(page):
    (size,) = (metric.value for metric in page.metric if metric.label == "File size")
    leaderboard = page.dataframe[-1].value.set_index("Model")

    assert size == f"{leaderboard.at['everyhand (default)', 'Size']:,} KB"


def test_use_of_each_collection_is_shown(page, tmp_path, setting):
    shutil.copytree(settings().models, tmp_path / "models")
    setting("MODELS", tmp_path / "models")
    card = read_card("everyhand", tmp_path / "models")
    uses = [
        DataUse(source="Tablets", part="training", samples=1200, writers=["a", "b"]),
        DataUse(source="Tablets", part="held out", samples=30, writers=["c"]),
    ]
    training = card.training.model_copy(update={"uses": uses})
    card.model_copy(update={"training": training}).write(tmp_path / "models" / "everyhand")

    page.run()

    (table,) = [table.value for table in page.dataframe if "Collection" in table.value]
    assert table.to_dict("records") == [
        {"Collection": "Tablets", "Training": "1,200 by 2 writers", "Validation": "", "Held out": "30 by 1 writer"}
    ]


def test_models_differ_by_shape_and_dash_too(page):
    shown = charts(page)

    points = shown["Error rate by test set"]["layer"][1]["encoding"]
    assert points["color"]["field"] == points["shape"]["field"] == "model"
    lines = shown["Reliability diagram"]["layer"][1]["encoding"]
    assert lines["color"]["field"] == lines["strokeDash"]["field"] == "model"


@pytest.mark.parametrize("name", ["everyhand", "baseline"])
def test_architecture_shows_every_output_shape(page, name):
    page.segmented_control(key="model-card").set_value(name).run()

    diagram = text(page)
    for layer in read_card(name, settings().models).layers:
        assert " × ".join(map(str, layer.output)) in diagram
    assert ("output: whether it is a digit" in diagram) == (name == "everyhand")


def test_imported_model_of_any_shape_without_metrics_opens(page, tmp_path, setting):
    shutil.copytree(settings().models / "baseline", tmp_path / "models" / "mine")
    shapes = [(784,), (28, 28), (224, 224, 3), (1, 1, 2048), (10,)]
    layers = [Layer(kind="Reshape", output=shape, parameters=0) for shape in shapes]
    card = read_card("baseline", settings().models)
    unevaluated = {"name": "mine", "layers": layers, "parameters": 0, "evaluations": {}, "robustness": {}}
    card.model_copy(update=unevaluated).write(tmp_path / "models" / "mine")
    setting("MODELS", tmp_path / "models")
    setting("MODEL", "mine")

    page.run()

    assert not page.exception
    assert all(" × ".join(map(str, shape)) in text(page) for shape in shapes)
    assert any("mine has not been evaluated yet" in markdown.value for markdown in page.markdown)
    assert list(charts(page)) == ["Training loss"]


def test_misclassified_digits_are_shown_from_the_data_folder(evaluated, page, setting):
    setting("DATASETS", evaluated / "datasets")
    page.run()
    cell = page.selectbox(key="cell-everyhand-MNIST test")
    confusion = load_digit_model("everyhand", evaluated / "models").card.evaluations["MNIST test"].confusion
    assert cell.options == sorted(cell.options, key=lambda option: -int(option.split("(")[1].rstrip(")")))
    assert len(cell.options) == sum(
        count > 0 for digit, row in enumerate(confusion) for read, count in enumerate(row) if digit != read
    )

    cell.set_value((4, 9)).run()

    assert not page.exception and not page.error
    pictures = [html.proto.body for html in page.get("html") if "predicted as" in html.proto.body]
    assert "".join(pictures).count('alt="4 predicted as 9"') == confusion[4][9]
    assert f"{confusion[4][9]} of {confusion[4][9]}, highest confidence first" in text(page)


def test_without_a_data_folder_no_error_is_offered_and_the_command_is_shown(evaluated, page):
    page.run()

    assert "cell-everyhand-MNIST test" not in [box.key for box in page.selectbox]
    assert "python -m digitrec evaluate --model everyhand --data DIR --mistakes FOLDER" in text(page)
    assert (evaluated / "mistakes" / "MNIST test.png").stat().st_size > 1000


def test_damaged_test_set_shows_an_error(evaluated, page, setting):
    setting("DATASETS", evaluated / "datasets")
    (evaluated / "datasets" / "mnist.npz").write_bytes(b"PK cut off")

    page.run().selectbox(key="cell-everyhand-MNIST test").set_value((4, 9)).run()

    assert not page.exception
    assert "mnist.npz is damaged" in page.error[0].value


@pytest.mark.full
def test_speed_is_measured_on_request(page):
    speed = {metric.label: metric for metric in page.metric}["Model only, one digit"]
    assert speed.value == "–"

    next(button for button in page.button if button.label == "Measure").click().run(timeout=60)

    values = {metric.label: metric.value for metric in page.metric}
    assert values["Model only, one digit"].endswith(" ms")
    assert values["Drawing to prediction"].endswith(" ms")
    assert values["Model only, batches of 256"].endswith(" digits/s")


def test_speed_of_a_missing_model_shows_an_error(page, tmp_path, setting):
    shutil.copytree(settings().models, tmp_path / "models")
    (tmp_path / "models" / "everyhand" / LITERT_FILE).unlink()
    setting("MODELS", tmp_path / "models")

    next(button for button in page.run().button if button.label == "Measure").click().run()

    assert not page.exception
    assert "is missing" in page.error[0].value


def test_another_test_set_can_be_selected(page):
    page.selectbox(key="test-set").set_value("USPS").run()

    assert not page.exception
    assert page.selectbox(key="test-set").value == "USPS"


def test_damaged_card_shows_an_error(page, tmp_path, setting):
    (tmp_path / "models" / "everyhand").mkdir(parents=True)
    (tmp_path / "models" / "everyhand" / CARD_FILE).write_text("{")
    setting("MODELS", tmp_path / "models")

    page.run()

    assert not page.exception
    assert "card.json is damaged" in page.error[0].value


@pytest.mark.parametrize(("before", "default"), [(0.5, "mine"), (0.9999, "everyhand")])
def test_less_accurate_fine_tuned_model_is_not_the_default(page, tmp_path, setting, before, default):
    shutil.copytree(settings().models, tmp_path / "models")
    shutil.copytree(tmp_path / "models" / "everyhand", tmp_path / "models" / "mine")
    card = read_card("mine", tmp_path / "models")
    fine_tuned = {"name": "mine", "fine_tuned_from": "everyhand", "accuracy_before": {"MNIST test": before}}
    card.model_copy(update=fine_tuned).write(tmp_path / "models" / "mine")
    setting("MODELS", tmp_path / "models")
    setting("MODEL", "mine")

    page.run()
    assert page.segmented_control(key="model-card").options[0] == default
    page.segmented_control(key="model-card").set_value("mine").run()
    assert not page.exception
    assert page.dataframe[0].value["Before"].tolist() == [100 * before]
    assert json.loads(page.dataframe[0].proto.columns)["Before"]["type_config"]["format"] == "%.2f%%"

    page.switch_page("pages/draw.py").run()
    assert not page.exception
    assert any("less accurate than everyhand" in caption.value for caption in page.caption) == (default == "everyhand")
