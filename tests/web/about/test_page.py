import pytest
import streamlit as st

from digitrec.samples import known_mistakes
from tests.support.page_actions import text


@pytest.fixture
def page(app):
    return app.switch_page("pages/about.py").run()


def said(app):
    return " ".join(markdown.value for markdown in app.markdown)


def test_sample_of_choice_is_shown_with_every_step_and_its_answer(page):
    page.pills(key="about-digit").set_value(4).run()

    assert not page.exception
    for step in ("Drawing", "Bounding box", "Fit 20x20", "Centre 28x28"):
        assert step in text(page)
    assert "everyhand gives 4 a probability of" in said(page)


def test_gallery_shows_each_drawing_and_what_is_read(page):
    shown = text(page)

    for mistake in known_mistakes():
        assert mistake.description[1:] in shown
    for verdict in ("● Read as", "◌ Unsure", "✕ Refused as"):
        assert verdict in shown
    assert "The other" not in shown


def test_gallery_claims_no_failure_of_a_model_that_reads_it(page, setting):
    setting("MODEL", "baseline")
    page.run()

    assert not page.exception
    # The network that never refuses reads a slashed 0 as a 0.
    assert "A 0 with a slash" not in text(page)
    assert "drawings of this collection it reads as it should" in text(page)


def test_page_says_what_is_kept_where_nobody_signs_in(page, setting):
    assert "Nobody signs in here" in said(page)
    assert "a file of that machine" in said(page)

    setting("KEEP_DAYS", 30)
    setting("PICTURES", "memory://about")
    page.run()

    assert "and 30 days at most" in said(page)
    assert "a store that they chose" in said(page)


def test_model_that_is_gone_leaves_the_rest_of_the_page(page, tmp_path, setting):
    setting("MODELS", tmp_path)
    st.cache_resource.clear()
    page.run()

    assert not page.exception
    assert "missing" in page.error[0].value
    assert "Where did the data come from?" in said(page)
