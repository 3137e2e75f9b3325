import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import streamlit as st

from digitrec.accounts import Person
from digitrec.recognition.recognition import Source, Verdict
from digitrec.store.people import sign_in
from tests.pictures import drawing_png

TITLES = {
    "How much was drawn each day?",
    "Which digits were read?",
    "How sure was the network of each digit?",
    "How sure was the network on average?",
    "How long did reading take?",
}


@pytest.fixture
def analytics(app, records):
    return lambda: app.switch_page("pages/analytics.py").run()


@pytest.fixture
def filled(records, recognizer):
    now = datetime.now(UTC)
    for days, digit in ((0, 7), (0, 7), (3, 4), (20, 4), (60, 2)):
        recognition = recognizer.read(drawing_png(digit), Source.CANVAS)
        recognition = replace(recognition, verdict=Verdict.UNSURE) if digit == 2 else recognition
        records.save(recognition, Source.CANVAS, at=now - timedelta(days=days, minutes=5))
    return recognition


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_nothing_yet_is_said_kindly(analytics):
    app = analytics()

    assert "Charts grow here" in app.markdown[0].value
    assert not app.get("vega_lite_chart")


def test_every_chart_asks_its_question(analytics, filled):
    app = analytics()

    assert not app.exception
    specifications = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    assert {specification["title"] for specification in specifications} == TITLES
    assert all(chart.proto.alt for chart in app.get("vega_lite_chart"))
    assert metrics(app)["Records"] == "5"
    assert metrics(app)["Unsure"] == "20.0%"


@pytest.mark.parametrize(
    ("period", "records_in_it"), [("24 hours", "2"), ("7 days", "3"), ("30 days", "4"), ("All", "5")]
)
def test_period_limits_what_is_counted(analytics, filled, period, records_in_it):
    app = analytics()
    app.segmented_control(key="period").set_value(period).run()

    assert metrics(app)["Records"] == records_in_it


def test_days_can_be_chosen(analytics, filled):
    app = analytics()
    app.segmented_control(key="period").set_value("Choose days").run()
    today = datetime.now(UTC).date()
    app.date_input(key="days").set_value((today - timedelta(days=30), today - timedelta(days=10))).run()

    assert metrics(app)["Records"] == "1"


def test_no_days_chosen_are_all_days(analytics, filled):
    app = analytics()
    app.segmented_control(key="period").set_value("Choose days").run()
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
    app.segmented_control(key="period").set_value("Choose days").run()
    app.date_input(key="days").set_value((date(2020, 1, 1), date(2020, 1, 2))).run()

    assert "Nothing to show for this time" in app.markdown[0].value


@pytest.mark.parametrize("others", [3, 4])
def test_everybodys_numbers_are_shown_where_they_tell_nothing_of_any_one(analytics, filled, records, others):
    for number in range(others):
        other = replace(records, person=Person(f"other-{number}", f"{number}@example.org", "Other"))
        sign_in(records.database, other.person, datetime.now(UTC))
        other.save(replace(filled, verdict=Verdict.DIGIT), Source.CANVAS)

    app = analytics()

    assert metrics(app)["Records"] == "5"
    choices = [choice for choice in app.segmented_control if choice.key == "whose"]
    assert bool(choices) == (others == 4)
    if choices:
        choices[0].set_value("Everybody's").run()
        assert metrics(app)["Records"] == "9"
        records.delete_all()
        st.cache_data.clear()
        app.run()
        assert not app.metric
        assert "fewer than 5 people" in app.markdown[0].value
