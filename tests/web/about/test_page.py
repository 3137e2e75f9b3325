import re

import pytest

from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import preprocess
from digitrec.samples import known_mistakes, samples, strokes_to_png
from tests.support.page_actions import text


@pytest.fixture
def page(app):
    return app.switch_page("pages/about.py").run()


def markdown(app):
    return " ".join(element.value for element in app.markdown)


def test_steps_in_the_text_are_those_of_the_sample(page):
    page.pills(key="about-digit").set_value(4).run()

    assert not page.exception
    steps = re.findall(r"^(\d)\. \*\*(.+?)\.\*\*", markdown(page), re.MULTILINE)
    _, shown = preprocess(strokes_to_png(samples()[4]), InputMethod.SAMPLE)
    assert steps == [(str(number), step.name) for number, step in enumerate(shown, 1)]
    for number, name in steps:
        assert f"{number}. {name}" in text(page)
    assert "everyhand predicts **4** with" in markdown(page)


def test_known_mistakes_show_each_drawing_and_its_prediction(page):
    shown = text(page)

    for mistake in known_mistakes():
        assert mistake.description[1:] in shown
    for verdict in ("% confidence", "◌ Unsure", "✕ Not a digit: a"):
        assert verdict in shown
    assert "in this collection right" not in shown


def test_drawings_that_a_model_gets_right_are_not_shown(page, setting):
    assert "A 0 with corners" in text(page)
    # Baseline never rejects anything.
    setting("MODEL", "baseline")
    page.run()

    assert not page.exception
    assert "A 0 with corners" not in text(page)
    assert "in this collection right" in text(page)


def test_privacy_notice_without_sign_in_follows_the_settings(page, setting):
    assert "This app has no sign-in" in markdown(page)
    assert "in a file on the server" in markdown(page)

    setting("KEEP_DAYS", 30)
    setting("PICTURES", "memory://about")
    page.run()

    assert "for no more than 30 days" in markdown(page)
    assert "in storage chosen by the operator" in markdown(page)


def test_page_opens_without_a_model(page, tmp_path, setting):
    setting("MODELS", tmp_path)
    page.run()

    assert not page.exception
    assert "missing" in page.error[0].value
    assert "Data sources" in markdown(page)
