from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod, Verdict
from digitrec.storage.saved_prediction import NO_DIGIT
from tests.support.page_actions import text
from tests.support.pictures import drawing_png

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVERY_FILTER = {
    "text": "7",
    "digit": "7",
    "really": "1",
    "verdict": "Unsure",
    "confidence": ["40", "60"],
    "entered": "Upload",
    "mode": "Digit",
    "by": "everyhand",
    "told": "Read wrong",
    "since": "2026-03-10",
    "until": "2026-03-10",
}


@pytest.fixture
def kept(history, recognizer):
    """Sixty records, an hour after another: digits in turn, every third one unsure, the first told to be a one."""
    read = [recognizer.recognize(drawing_png(digit), InputMethod.CANVAS) for digit in range(10)]
    for number in range(60):
        prediction = read[number % 10]
        if number % 3 == 0:
            prediction = replace(prediction, verdict=Verdict.UNSURE, confidence=0.5 + number / 1000)
        history.save(
            prediction, InputMethod.UPLOAD if number == 27 else InputMethod.CANVAS, at=NOON - timedelta(hours=number)
        )
    seven = next(saved for saved in history.all() if saved.input_method is InputMethod.UPLOAD)
    history.set_label(seven.prediction_id, "1")
    return list(history.all())


def listed(app):
    """What the gallery shows, by what its buttons say."""
    return [button.label for button in app.button if button.key.startswith("open-")]


def test_what_is_filtered_is_listed_and_counted(open_history_page, kept):
    app = open_history_page()
    app.get_by_key("page").set_value(3).run()
    app.get_by_key("digit").set_value(["7", "9"]).run()

    assert "12 of 60 records: read as 7 or 9" in text(app)
    assert {label[:5] for label in listed(app)} == {"**7**", "**9**"}
    assert len(listed(app)) == 12

    app.get_by_key("verdict").set_value(["Unsure"]).run()
    assert "4 of 60 records: unsure · read as 7 or 9" in text(app)

    app.button(key="clear-filters").click().run()
    assert len(listed(app)) == 24
    assert not app.exception


def test_changing_what_is_listed_begins_with_the_first_page(open_history_page, kept):
    app = open_history_page(page="3")
    assert len(listed(app)) == 12

    app.get_by_key("verdict").set_value(["Confident"]).run()
    assert app.get_by_key("page").value == 1
    app.get_by_key("page").set_value(2).run()
    app.get_by_key("sort").set_value("oldest").run()
    assert app.get_by_key("page").value == 1


def test_address_opens_what_it_says(open_history_page, kept):
    app = open_history_page(verdict="Confident", sort="Oldest first", page="2", view="Table")

    assert "40 of 60 records: sure" in text(app)
    expected = [saved for saved in reversed(kept) if saved.verdict is Verdict.DIGIT][24:]
    assert app.dataframe[0].value["read"].tolist() == [saved.text for saved in expected]


@pytest.mark.parametrize("left_out", EVERY_FILTER)
def test_every_filter_in_the_address_counts(open_history_page, kept, history, left_out):
    # The told seven alone fits all of them; with each one turned round there is none.
    contrary = {
        "text": "77",
        "digit": "3",
        "really": NO_DIGIT,
        "verdict": "Confident",
        "confidence": ["60", "70"],
        "entered": "Camera",
        "mode": "Number",
        "by": "nobody",
        "told": "Read right",
        "since": "2026-03-12",
        "until": "2026-03-08",
    }
    period = {"since": "2026-03-09", "until": "2026-03-09"}
    app = open_history_page(**EVERY_FILTER | period)
    assert [label[:5] for label in listed(app)] == ["**7**"]

    app = app.switch_page("pages/about.py").run()
    app = open_history_page(**EVERY_FILTER | period | {left_out: contrary[left_out]})
    # A model that read nothing is no filter that is offered.
    assert len(listed(app)) == (1 if left_out == "by" else 0)
    assert not app.exception


@pytest.mark.parametrize(
    "parameters",
    [
        {"digit": ["x", "7"], "verdict": "blank"},
        {"digit": "7", "confidence": ["abc", "5"]},
        {"digit": "7", "confidence": ["nan", "50"]},
        {"digit": "7", "confidence": "50"},
        {"digit": "7", "confidence": ["-5", "200"]},
        {"digit": "7", "since": "2026-99-99", "until": "tomorrow"},
        {"digit": "7", "since": "0001-01-01", "until": "9999-12-31"},
        {"digit": "7", "page": "99", "sort": "Nope", "view": "Film"},
        {"digit": "7", "page": "-1", "told": "\0", "by": "'; DROP TABLE predictions"},
        {"digit": "7", "text": ["\0abc", "%_'"]},
        {"digit": "7", "page": "", "told": "", "confidence": ""},
    ],
)
def test_what_an_address_cannot_mean_is_passed_over(open_history_page, kept, parameters):
    app = open_history_page(**parameters)

    assert not app.exception
    assert "6 of 60 records: read as 7" in text(app)
    assert len(listed(app)) == 6


def test_confidence_may_be_given_the_wrong_way_round(open_history_page, kept):
    assert "confidence 40% to 60%" in text(open_history_page(confidence=["60", "40"]))


def test_filters_are_remembered_but_a_link_means_what_it_says(open_history_page, app, kept):
    open_history_page(verdict="Unsure", confidence=["40", "60"], page="1")
    app.switch_page("pages/about.py").run()
    assert "unsure" in text(open_history_page())

    app.switch_page("pages/about.py").run()
    assert "6 of 60 records: read as 7" in text(open_history_page(digit="7"))


def test_nothing_that_fits_is_said_with_a_way_out(open_history_page, kept):
    app = open_history_page(entered="Camera")

    assert "0 of 60 records: camera" in text(app)
    assert "Nothing fits these filters" in " ".join(markdown.value for markdown in app.markdown)
    app.button(key="clear-filters").click().run()
    assert len(listed(app)) == 24


def test_least_sure_come_first_when_asked_for(open_history_page, kept):
    app = open_history_page()
    app.get_by_key("sort").set_value("least sure").run()

    assert [label.split(" · ")[1] for label in listed(app)][:3] == ["50.0%", "50.3%", "50.6%"]
