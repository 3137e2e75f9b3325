from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod, Verdict
from digitrec.storage.filters import Order
from tests.support.page_actions import gallery, text
from tests.support.pictures import drawing_png

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVERY_FILTER = {
    "text": "7",
    "digit": "7",
    "label": "1",
    "verdict": "Unsure",
    "confidence": ["40", "60"],
    "input": "Upload",
    "mode": "Digit",
    "model": "everyhand",
    "labeled": "Incorrect",
    "since": "2026-03-10",
    "until": "2026-03-10",
}


@pytest.fixture
def predictions(history, recognizer):
    """Return sixty predictions, one an hour: every third one unsure, and one 7 that is labeled as a 1."""
    results = [recognizer.recognize(drawing_png(digit), InputMethod.CANVAS) for digit in range(10)]
    for number in range(60):
        prediction = results[number % 10]
        if number % 3 == 0:
            prediction = replace(prediction, verdict=Verdict.UNSURE, confidence=0.5 + number / 1000)
        history.save(
            prediction, InputMethod.UPLOAD if number == 27 else InputMethod.CANVAS, at=NOON - timedelta(hours=number)
        )
    seven = next(saved for saved in history.all() if saved.input_method is InputMethod.UPLOAD)
    history.set_label(seven.prediction_id, "1")
    return list(history.all())


def test_text_that_is_no_number_is_explained(open_history_page, predictions):
    app = open_history_page(text="abc")

    assert "Use digits, with ? for any other character." in text(app)
    assert len(gallery(app)) == 24


def test_filtered_predictions_are_listed_and_counted(open_history_page, predictions):
    app = open_history_page()
    app.get_by_key("page").set_value(3).run()
    app.get_by_key("digit").set_value(["7", "9"]).run()

    assert "12 of 60 predictions: predicted as 7 or 9" in text(app)
    assert {below[:5] for _, below in gallery(app)} == {"**7**", "**9**"}
    assert len(gallery(app)) == 12

    app.get_by_key("verdict").set_value(["Unsure"]).run()
    assert "4 of 60 predictions: unsure · predicted as 7 or 9" in text(app)

    app.button(key="clear-filters").click().run()
    assert len(gallery(app)) == 24
    assert not app.exception


def test_changing_filters_or_order_returns_to_the_first_page(open_history_page, predictions):
    app = open_history_page(page="3")
    assert len(gallery(app)) == 12

    app.get_by_key("verdict").set_value(["Confident"]).run()
    assert app.get_by_key("page").value == 1
    app.get_by_key("page").set_value(2).run()
    app.get_by_key("sort").set_value(Order.OLDEST).run()
    assert app.get_by_key("page").value == 1


def test_link_opens_its_filters(open_history_page, predictions):
    app = open_history_page(verdict="Confident", sort="Oldest first", page="2", view="Table")

    assert "40 of 60 predictions: confident" in text(app)
    expected = [saved for saved in reversed(predictions) if saved.verdict is Verdict.DIGIT][24:]
    assert app.dataframe[0].value["predicted"].tolist() == [saved.text for saved in expected]


@pytest.mark.slow
def test_every_filter_in_a_link_counts(open_history_page, predictions):
    # Only the labeled 7 matches all filters; with any one of them reversed, nothing matches.
    reversed_filters = {
        "text": "77",
        "digit": "3",
        "label": "Not a digit",
        "verdict": "Confident",
        "confidence": ["60", "70"],
        "input": "Camera",
        "mode": "Number",
        "model": "unknown",
        "labeled": "Correct",
        "since": "2026-03-12",
        "until": "2026-03-08",
    }
    assert reversed_filters.keys() == EVERY_FILTER.keys()
    period = {"since": "2026-03-09", "until": "2026-03-09"}
    app = open_history_page(**EVERY_FILTER | period)
    assert [below[:5] for _, below in gallery(app)] == ["**7**"]

    for name, reversed_filter in reversed_filters.items():
        app.switch_page("pages/about.py").run()
        app = open_history_page(**EVERY_FILTER | period | {name: reversed_filter})
        # A model without predictions is not offered as a filter, so the link is ignored.
        assert len(gallery(app)) == (1 if name == "model" else 0), name
        assert not app.exception, name


@pytest.mark.slow
def test_invalid_parameters_are_ignored(open_history_page, predictions, app):
    for parameters in (
        {"digit": ["x", "7"], "verdict": "blank"},
        {"digit": "7", "confidence": ["abc", "5"]},
        {"digit": "7", "confidence": ["nan", "50"]},
        {"digit": "7", "confidence": "50"},
        {"digit": "7", "confidence": ["-5", "200"]},
        {"digit": "7", "since": "2026-99-99", "until": "tomorrow"},
        {"digit": "7", "since": "0001-01-01", "until": "9999-12-31"},
        {"digit": "7", "page": "99", "sort": "Nope", "view": "Film"},
        {"digit": "7", "page": "-1", "labeled": "\0", "model": "'; DROP TABLE predictions"},
        {"digit": "7", "text": ["\0abc", "%_'"]},
        {"digit": "7", "page": "", "labeled": "", "confidence": ""},
    ):
        app.switch_page("pages/about.py").run()
        app = open_history_page(**parameters)

        assert not app.exception, parameters
        assert "6 of 60 predictions: predicted as 7" in text(app), parameters
        assert len(gallery(app)) == 6, parameters


def test_links_of_earlier_versions_open_the_same_filters(open_history_page, predictions, app):
    for old, description in (
        ({"really": "no digit"}, "labeled not a digit"),
        ({"really": ["1", "2"]}, "labeled 1 or 2"),
        ({"told": "Read wrong", "sort": "Surest first"}, "incorrect"),
        ({"entered": "Drawn", "verdict": "Sure"}, "confident · Canvas"),
        ({"by": "everyhand", "digit": "7"}, "predicted as 7 · by everyhand"),
    ):
        app.switch_page("pages/about.py").run()
        app = open_history_page(**old)

        assert not app.exception, old
        assert f"of 60 predictions: {description}" in text(app), old
        assert not {"really", "told", "entered", "by"} & set(app.query_params), old
        if "sort" in old:
            assert app.get_by_key("sort").value == Order.MOST_CONFIDENT


def test_confidence_bounds_may_be_swapped(open_history_page, predictions):
    assert "confidence 40% to 60%" in text(open_history_page(confidence=["60", "40"]))


def test_filters_persist_until_a_link_replaces_them(open_history_page, app, predictions):
    open_history_page(verdict="Unsure", confidence=["40", "60"], page="1")
    app.switch_page("pages/about.py").run()
    assert "unsure" in text(open_history_page())

    app.switch_page("pages/about.py").run()
    assert "6 of 60 predictions: predicted as 7" in text(open_history_page(digit="7"))


def test_filters_that_match_nothing_can_be_cleared(open_history_page, predictions):
    app = open_history_page(input="Camera")

    assert "0 of 60 predictions: Camera" in text(app)
    assert "No predictions match these filters" in " ".join(markdown.value for markdown in app.markdown)
    app.button(key="clear-filters").click().run()
    assert len(gallery(app)) == 24


def test_least_confident_come_first_on_request(open_history_page, predictions):
    app = open_history_page()
    app.get_by_key("sort").set_value(Order.LEAST_CONFIDENT).run()

    assert [below.split(" · ")[1] for _, below in gallery(app)][:3] == ["50.0%", "50.3%", "50.6%"]
