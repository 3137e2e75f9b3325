import locale
import shutil

import pytest

from digitrec.config import settings
from digitrec.datasets.sources import SOURCES
from digitrec.errors import ModelBroken, ModelMissing
from digitrec.recognition.imported.conventions import Scale
from digitrec.recognition.models.cards import CARD_FILE, DigitCard, model_names, read_card
from digitrec.recognition.models.digit_model import KERAS_FILE, LITERT_FILE, load_digit_model


@pytest.mark.parametrize("name", ["baseline", "everyhand"])
def test_card_of_a_shipped_model_matches_its_files(name):
    folder = settings().models / name

    card = load_digit_model(name, settings().models).card

    assert (folder / KERAS_FILE).is_file()
    assert card.name == name
    assert card.size_bytes == (folder / LITERT_FILE).stat().st_size <= 2 * 2**20
    assert card.parameters == sum(layer.parameters for layer in card.layers)
    assert {"MNIST test", "Pen strokes (held-out writers)", "USPS", "Photos"} <= set(card.evaluations) <= set(SOURCES)


def test_models_are_found_by_their_cards(tmp_path):
    assert model_names(settings().models) == ["baseline", "everyhand"]
    assert model_names(tmp_path / "nowhere") == []


def test_card_can_be_written_and_read_back(tmp_path):
    card = read_card("baseline", settings().models)
    (tmp_path / "baseline").mkdir()

    card.write(tmp_path / "baseline")

    assert read_card("baseline", tmp_path) == card


def test_card_is_written_in_utf_8_whatever_the_locale(tmp_path):
    card = read_card("baseline", settings().models).model_copy(update={"description": "Ziffern, groß — 数字"})
    (tmp_path / "baseline").mkdir()

    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        card.write(tmp_path / "baseline")
    finally:
        locale.setlocale(locale.LC_CTYPE, before)

    assert read_card("baseline", tmp_path) == card


@pytest.mark.parametrize("scale", [Scale.STANDARDIZED, Scale.IMAGENET])
def test_cards_with_the_old_name_of_a_scale_are_read(scale):
    values = read_card("baseline", settings().models).model_dump() | {
        "conventions": {
            "scale": scale.replace("standard deviation", "deviation"),
            "colors": "white on black",
            "fit": "resized",
            "output": "digits",
            "values": "logits",
            "classes": range(10),
            "accuracy": 1.0,
        }
    }

    card = DigitCard.model_validate(values)

    assert card.conventions.scale is scale


def test_missing_card_is_named(tmp_path):
    with pytest.raises(ModelMissing, match=r"card\.json is missing"):
        load_digit_model("baseline", tmp_path)


def test_damaged_card_is_named(tmp_path):
    shutil.copytree(settings().models / "baseline", tmp_path / "baseline")
    (tmp_path / "baseline" / CARD_FILE).write_text('{"name": "baseline"')

    with pytest.raises(ModelBroken, match=r"card\.json is damaged"):
        load_digit_model("baseline", tmp_path)
