from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import streamlit as st
from streamlit.proto.Metric_pb2 import Metric

from digitrec.accounts.users import User
from digitrec.prediction import InputMethod, Verdict
from digitrec.storage.users import sign_in
from digitrec.web.analytics.data import _everybodys_readings, everybodys_summary
from tests.support.page_actions import tables, text
from tests.support.pictures import drawing_png

TITLES = {
    "How much was drawn each week?",
    "Which digits were read?",
    "When was which digit read?",
    "How sure was the network of each digit?",
    "How sure was it, verdict by verdict?",
    "When in the week is most drawn?",
    "How were they entered?",
    "How long did reading take?",
}
TITLES_OF_CORRECTIONS = {"What was read, and what was it really?", "When it says 80 %, is it right in 80 %?"}


@pytest.fixture
def analytics(app, history):
    return lambda: app.switch_page("pages/analytics.py").run()


@pytest.fixture
def filled(history, recognizer):
    now = datetime.now(UTC)
    for days, digit in ((0, 7), (0, 7), (3, 4), (20, 4), (120, 2)):
        prediction = recognizer.recognize(drawing_png(digit), InputMethod.CANVAS)
        prediction = replace(prediction, verdict=Verdict.UNSURE) if digit == 2 else prediction
        history.save(prediction, InputMethod.CANVAS, at=now - timedelta(days=days, minutes=5))
    return prediction


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def changes(app):
    return {metric.label: metric.delta for metric in app.metric}


def test_nothing_yet_is_said_kindly(analytics):
    app = analytics()

    assert "Charts grow here" in app.markdown[0].value
    assert not app.get("vega_lite_chart")


def test_every_chart_asks_its_question(analytics, filled):
    app = analytics()

    assert not app.exception
    assert set(tables(app)) == TITLES
    assert all(chart.proto.alt for chart in app.get("vega_lite_chart"))
    assert metrics(app)["Records"] == "5"
    assert metrics(app)["Unsure"] == "20.0%"


@pytest.mark.parametrize(
    ("period", "records_in_it"),
    [("Last 24 hours", "2"), ("Last 7 days", "3"), ("Last 30 days", "4"), ("All time", "5")],
)
def test_period_limits_what_is_counted(analytics, filled, period, records_in_it):
    app = analytics()
    app.pills(key="period").set_value(period).run()

    assert metrics(app)["Records"] == records_in_it


def test_days_can_be_chosen(analytics, filled):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    today = datetime.now(UTC).date()
    app.date_input(key="days").set_value((today - timedelta(days=30), today - timedelta(days=10))).run()

    assert metrics(app)["Records"] == "1"


def test_no_days_chosen_are_all_days(analytics, filled):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    app.date_input(key="days").set_value(()).run()

    assert not app.exception
    assert metrics(app)["Records"] == "5"


def test_time_zone_that_nobody_knows_counts_as_utc(analytics, filled, monkeypatch):
    monkeypatch.setattr(type(st.context), "timezone", "Etc/Unknown")
    app = analytics()

    assert not app.exception
    assert metrics(app)["Records"] == "5"


def test_days_without_records_are_said_kindly(analytics, filled):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    app.date_input(key="days").set_value((date(2020, 1, 1), date(2020, 1, 2))).run()

    assert "Nothing to show for this time" in app.markdown[0].value


@pytest.mark.parametrize("others", [3, 4])
def test_everybodys_numbers_are_shown_where_they_tell_nothing_of_any_one(analytics, filled, history, others):
    for number in range(others):
        other = replace(history, user=User(f"other-{number}", f"{number}@example.org", "Other"))
        sign_in(history.database, other.user, datetime.now(UTC))
        other.save(replace(filled, verdict=Verdict.DIGIT), InputMethod.CANVAS)

    app = analytics()

    assert metrics(app)["Records"] == "5"
    choices = [choice for choice in app.segmented_control if choice.key == "whose"]
    assert bool(choices) == (others == 4)
    if choices:
        choices[0].set_value("Everybody's").run()
        assert metrics(app)["Records"] == "9"
        assert "fewer than 5 people" in text(app)
        assert "least sure" not in text(app)
        assert [heading.value for heading in app.header] == ["Was it right?"]
        history.delete_all()
        everybodys_summary.clear()
        _everybodys_readings.clear()
        app.run()
        assert not app.metric
        assert "fewer than 5 people" in app.markdown[0].value


def test_charts_show_what_there_is_with_its_digits_and_its_words(analytics, filled):
    shown = tables(analytics())

    assert {(row["digit"], row["verdict"], row["records"]) for row in shown["Which digits were read?"]} == {
        ("7", "Confident", 2),
        ("4", "Confident", 2),
        ("2", "Unsure", 1),
    }
    assert shown["How were they entered?"] == [{"source": "Canvas", "records": 5}]
    assert {row["measure"] for row in shown["How long did reading take?"]} == {"Median (p50)", "95 % within (p95)"}
    assert sum(row["records"] for row in shown["How much was drawn each week?"]) == 5


@pytest.mark.parametrize(("period", "unit"), [("Last 24 hours", "hour"), ("Last 30 days", "day"), ("All time", "week")])
def test_time_is_cut_into_what_can_be_seen(analytics, filled, period, unit):
    app = analytics()
    app.pills(key="period").set_value(period).run()

    assert f"How much was drawn each {unit}?" in tables(app)


def test_digit_filters_everything_but_keeps_the_others_to_be_clicked(analytics, filled):
    app = analytics()
    app.get_by_key("analytics-digit").set_value("4").run()

    assert metrics(app)["Records"] == "2"
    shown = tables(app)
    assert sum(row["records"] for row in shown["How much was drawn each week?"]) == 2
    assert {row["digit"]: row["chosen"] for row in shown["Which digits were read?"]} == {
        "7": False,
        "4": True,
        "2": False,
    }
    assert [button.label[:5] for button in app.button if button.key.startswith("open-")] == ["**4**", "**4**"]

    app.get_by_key("analytics-digit").set_value("9").run()
    assert "Nothing to show" in app.markdown[0].value
    app.get_by_key("analytics-digit").set_value("All digits").run()
    assert metrics(app)["Records"] == "5"


def test_numbers_tell_what_changed_since_the_period_before(analytics, history, filled):
    app = analytics()
    assert set(changes(app).values()) == {""}

    for days in (8, 9):
        history.save(replace(filled, verdict=Verdict.UNSURE, milliseconds=1e6), InputMethod.CANVAS, at=ago(days))
    app.pills(key="period").set_value("Last 7 days").run()
    assert changes(app)["Records"] == "+1"
    assert "change since the time of the same length before" in text(app)
    assert changes(app)["Unsure"] == "-100.0 points"
    assert changes(app)["Median time"].startswith("-999")
    assert [change for label, change in changes(app).items() if label.startswith("Right")] == [""]
    colors = {metric.label: metric.proto.color for metric in app.metric}
    assert colors["Records"] == Metric.GRAY
    assert colors["Unsure"] == colors["Median time"] == Metric.GREEN


def test_what_changed_by_nothing_went_neither_up_nor_down(analytics, history, filled):
    for days in (8, 9, 10):
        history.save(replace(filled, verdict=Verdict.DIGIT), InputMethod.CANVAS, at=ago(days))
    app = analytics()
    app.pills(key="period").set_value("Last 7 days").run()

    assert changes(app)["Records"] == changes(app)["Unsure"] == "0"
    assert {metric.label: metric.proto.color for metric in app.metric}["Unsure"] == Metric.GRAY


def ago(days):
    return datetime.now(UTC) - timedelta(days=days)


def test_accuracy_rests_on_corrections_and_says_on_how_many(analytics, history, filled):
    app = analytics()
    assert "told by nobody yet" in "".join(markdown.value for markdown in app.markdown)
    assert metrics(app)["Right, of 0 told"] == "–"

    seven, _, four, *_ = history.newest(5)
    history.set_label(seven.prediction_id, "7")
    history.set_label(four.prediction_id, "9")
    app.run()
    assert metrics(app)["Right, of 2 told"] == "50.0%"
    assert "2 records of which somebody told" in text(app)
    assert "so far, 2" in "".join(markdown.value for markdown in app.markdown)
    shown = tables(app)
    assert set(shown) == TITLES | {"What was read, and what was it really?"}
    assert {
        (row["truth"], row["digit"], row["records"]) for row in shown["What was read, and what was it really?"]
    } == {
        ("7", "7", 1),
        ("9", "4", 1),
    }


def test_reliability_is_shown_with_corrections_enough(analytics, history, recognizer):
    seven = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    for number in range(30):
        saved = history.save(replace(seven, confidence=0.75), InputMethod.CANVAS)
        history.set_label(saved.prediction_id, "7" if number < 24 else "1")
    shown = tables(analytics())

    assert set(shown) > TITLES_OF_CORRECTIONS
    assert shown["When it says 80 %, is it right in 80 %?"] == [
        {"records": 30, "confidence": pytest.approx(0.75), "accuracy": pytest.approx(0.8)}
    ]


def test_least_sure_are_pictures_of_ones_own_that_open(analytics, history, filled):
    saved = history.save(replace(filled, confidence=0.31), InputMethod.CANVAS)
    app = analytics()

    opening = [button for button in app.button if button.key.startswith("open-")]
    assert opening[0].key == f"open-{saved.prediction_id}"
    assert opening[0].label.endswith("31.0%")
    opening[0].click().run()
    assert not app.exception
    assert "everyhand · " in text(app)


def test_new_record_is_counted_at_once(analytics, history, filled):
    app = analytics()
    history.save(replace(filled, verdict=Verdict.DIGIT), InputMethod.CANVAS)
    assert metrics(app.run())["Records"] == "6"
    history.set_label(history.newest(1)[0].prediction_id, "2")
    assert metrics(app.run())["Right, of 1 told"] == "100.0%"
    history.delete_all()
    assert not app.run().metric
