import shutil

import pytest

from digitrec.errors import ModelBroken, ModelMissing
from digitrec.recognition.models import CARD_FILE, KERAS_FILE, LITERT_FILE, load_model, read_card
from digitrec.settings import settings


def test_shipped_model_has_its_files_and_a_card_that_tells_the_truth_about_them():
    folder = settings().models / "baseline"

    card = load_model("baseline", settings().models).card

    assert (folder / KERAS_FILE).is_file()
    assert card.name == "baseline"
    assert card.size_bytes == (folder / LITERT_FILE).stat().st_size
    assert card.parameters == sum(layer.parameters for layer in card.layers) == 167_114
    assert card.evaluations["MNIST test"].accuracy >= 0.992


def test_card_survives_being_written(tmp_path):
    card = read_card("baseline", settings().models)
    (tmp_path / "baseline").mkdir()

    card.write(tmp_path / "baseline")

    assert read_card("baseline", tmp_path) == card


def test_missing_card_is_named(tmp_path):
    with pytest.raises(ModelMissing, match=r"card\.json is missing"):
        load_model("baseline", tmp_path)


def test_damaged_card_is_named(tmp_path):
    shutil.copytree(settings().models / "baseline", tmp_path / "baseline")
    (tmp_path / "baseline" / CARD_FILE).write_text('{"name": "baseline"')

    with pytest.raises(ModelBroken, match=r"card\.json is damaged"):
        load_model("baseline", tmp_path)
