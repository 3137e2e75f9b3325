import shutil

import pytest

from digitrec.recognition.models import CARD_FILE, read_card
from digitrec.settings import settings


@pytest.fixture
def page(app):
    return app.switch_page("pages/models.py").run()


def titles(app):
    return [chart.proto.spec for chart in app.get("vega_lite_chart")]


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
    shown = "".join(titles(page))
    for title in ("Which digits are taken for which?", "How much of each digit is read wrong?", "is it right in 80 %?"):
        assert title in shown


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
    tuned = {"name": "mine", "tuned_from": "everyhand", "accuracy_before": {"MNIST test": before}}
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
