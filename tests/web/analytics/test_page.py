import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import streamlit as st
from streamlit.proto.Metric_pb2 import Metric

from digitrec.accounts.users import User
from digitrec.prediction import InputMethod, Verdict
from digitrec.storage.users import sign_in
from digitrec.web.analytics.data import everyones_predictions, everyones_summary
from tests.support.page_actions import gallery, tables, text
from tests.support.pictures import drawing_png

TITLES = {
    "Predictions over time",
    "Digits by verdict",
    "Digits over time",
    "Confidence by digit",
    "Confidence by verdict",
    "Predictions by weekday and hour",
    "Input methods",
    "Processing time",
}
ACCURACY_TITLES = {"Confusion matrix", "Reliability diagram"}


@pytest.fixture
def analytics(app, history):
    return lambda: app.switch_page("pages/analytics.py").run()


@pytest.fixture
def saved_digits(history, recognizer):
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


def test_empty_history_links_to_draw_page(analytics):
    app = analytics()

    assert "to see charts here" in app.markdown[0].value
    assert not app.get("vega_lite_chart")


def test_page_shows_every_chart_and_metric(analytics, saved_digits):
    app = analytics()

    assert not app.exception
    assert set(tables(app)) == TITLES
    assert all(chart.proto.alt for chart in app.get("vega_lite_chart"))
    assert metrics(app)["Predictions"] == "5"
    assert metrics(app)["Unsure"] == "20.0%"


@pytest.mark.parametrize(
    ("period", "count"),
    [("Last 24 hours", "2"), ("Last 7 days", "3"), ("Last 30 days", "4"), ("All time", "5")],
)
def test_period_filters_predictions(analytics, saved_digits, period, count):
    app = analytics()
    app.pills(key="period").set_value(period).run()

    assert metrics(app)["Predictions"] == count


def test_custom_range_filters_predictions(analytics, saved_digits):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    today = datetime.now(UTC).date()
    app.date_input(key="days").set_value((today - timedelta(days=30), today - timedelta(days=10))).run()

    assert metrics(app)["Predictions"] == "1"


def test_empty_custom_range_means_all_time(analytics, saved_digits):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    app.date_input(key="days").set_value(()).run()

    assert not app.exception
    assert metrics(app)["Predictions"] == "5"


def test_unknown_time_zone_falls_back_to_utc(analytics, saved_digits, monkeypatch):
    monkeypatch.setattr(type(st.context), "timezone", "Etc/Unknown")
    app = analytics()

    assert not app.exception
    assert metrics(app)["Predictions"] == "5"


def test_period_without_predictions_shows_a_message(analytics, saved_digits):
    app = analytics()
    app.pills(key="period").set_value("Custom range").run()
    app.date_input(key="days").set_value((date(2020, 1, 1), date(2020, 1, 2))).run()

    assert "No predictions in this period" in app.markdown[0].value


@pytest.mark.parametrize("others", [3, 4])
def test_statistics_of_everyone_need_five_users(analytics, saved_digits, history, others):
    for number in range(others):
        other = replace(history, user=User(f"other-{number}", f"{number}@example.org", "Other"))
        sign_in(history.database, other.user, datetime.now(UTC))
        other.save(replace(saved_digits, verdict=Verdict.DIGIT), InputMethod.CANVAS)

    app = analytics()

    assert metrics(app)["Predictions"] == "5"
    choices = [choice for choice in app.segmented_control if choice.key == "scope"]
    assert bool(choices) == (others == 4)
    if choices:
        choices[0].set_value("Everyone's").run()
        assert metrics(app)["Predictions"] == "9"
        assert "fewer than 5 users" in text(app)
        assert [heading.value for heading in app.header] == ["Accuracy"]
        history.delete_all()
        everyones_summary.clear()
        everyones_predictions.clear()
        app.run()
        assert not app.metric
        assert "at least 5 users" in app.markdown[0].value


def test_charts_show_data_with_readable_names(analytics, saved_digits):
    shown = tables(analytics())

    assert {(row["digit"], row["verdict"], row["predictions"]) for row in shown["Digits by verdict"]} == {
        ("7", "Confident", 2),
        ("4", "Confident", 2),
        ("2", "Unsure", 1),
    }
    assert shown["Input methods"] == [{"input_method": "Canvas", "predictions": 5}]
    assert {row["measure"] for row in shown["Processing time"]} == {"Median (p50)", "95th percentile (p95)"}
    assert sum(row["predictions"] for row in shown["Predictions over time"]) == 5


@pytest.mark.parametrize(("period", "unit"), [("Last 24 hours", "hour"), ("Last 30 days", "day"), ("All time", "week")])
def test_time_unit_follows_the_period(analytics, saved_digits, period, unit):
    app = analytics()
    app.pills(key="period").set_value(period).run()

    specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    [chart] = [spec for spec in specs if spec["title"] == "Predictions over time"]
    assert chart["encoding"]["y"]["title"] == f"Predictions per {unit}"


def test_digit_filter_keeps_other_digits_clickable(analytics, saved_digits):
    app = analytics()
    app.get_by_key("analytics-digit").set_value("4").run()

    assert metrics(app)["Predictions"] == "2"
    shown = tables(app)
    assert sum(row["predictions"] for row in shown["Predictions over time"]) == 2
    assert {row["digit"]: row["selected"] for row in shown["Digits by verdict"]} == {
        "7": False,
        "4": True,
        "2": False,
    }
    assert [below[:5] for _, below in gallery(app)] == ["**4**", "**4**"]

    app.get_by_key("analytics-digit").set_value("9").run()
    assert "No predictions of 9 in this period" in app.markdown[0].value
    app.get_by_key("analytics-digit").set_value("All digits").run()
    assert metrics(app)["Predictions"] == "5"


def test_metrics_show_change_since_previous_period(analytics, history, saved_digits):
    app = analytics()
    assert set(changes(app).values()) == {""}

    for days in (8, 9):
        history.save(replace(saved_digits, verdict=Verdict.UNSURE, milliseconds=1e6), InputMethod.CANVAS, at=ago(days))
    app.pills(key="period").set_value("Last 7 days").run()
    assert changes(app)["Predictions"] == "+1"
    assert "change from the previous period" in text(app)
    assert changes(app)["Unsure"] == "-100.0 points"
    assert changes(app)["Median processing time"].startswith("-999")
    assert [change for label, change in changes(app).items() if label.startswith("Accuracy")] == [""]
    colors = {metric.label: metric.proto.color for metric in app.metric}
    assert colors["Predictions"] == Metric.GRAY
    assert colors["Unsure"] == colors["Median processing time"] == Metric.GREEN


def test_unchanged_metric_has_no_direction(analytics, history, saved_digits):
    for days in (8, 9, 10):
        history.save(replace(saved_digits, verdict=Verdict.DIGIT), InputMethod.CANVAS, at=ago(days))
    app = analytics()
    app.pills(key="period").set_value("Last 7 days").run()

    assert changes(app)["Predictions"] == changes(app)["Unsure"] == "0"
    assert {metric.label: metric.proto.color for metric in app.metric}["Unsure"] == Metric.GRAY


def ago(days):
    return datetime.now(UTC) - timedelta(days=days)


def test_accuracy_shows_number_of_labels(analytics, history, saved_digits):
    app = analytics()
    assert "None of these predictions is labeled" in "".join(markdown.value for markdown in app.markdown)
    assert metrics(app)["Accuracy (0 labeled)"] == "–"

    seven, _, four, *_ = history.newest(5)
    history.set_label(seven.prediction_id, "7")
    history.set_label(four.prediction_id, "no digit")
    app.run()
    assert metrics(app)["Accuracy (2 labeled)"] == "50.0%"
    assert "2 labeled predictions" in text(app)
    assert "2 so far" in "".join(markdown.value for markdown in app.markdown)
    shown = tables(app)
    assert set(shown) == TITLES | {"Confusion matrix"}
    assert {(row["label"], row["digit"], row["predictions"]) for row in shown["Confusion matrix"]} == {
        ("7", "7", 1),
        ("Not a digit", "4", 1),
    }


def test_reliability_diagram_needs_30_labels(analytics, history, recognizer):
    seven = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    for number in range(30):
        saved = history.save(replace(seven, confidence=0.75), InputMethod.CANVAS)
        history.set_label(saved.prediction_id, "7" if number < 24 else "1")
    shown = tables(analytics())

    assert set(shown) > ACCURACY_TITLES
    assert shown["Reliability diagram"] == [
        {"predictions": 30, "confidence": pytest.approx(0.75), "accuracy": pytest.approx(0.8)}
    ]


def test_least_confident_predictions_open(analytics, history, saved_digits):
    saved = history.save(replace(saved_digits, confidence=0.31), InputMethod.CANVAS)
    app = analytics()

    opening = [button for button in app.button if button.key.startswith("open-")]
    assert opening[0].key == f"open-{saved.prediction_id}"
    assert opening[0].label.endswith("31.0%")
    opening[0].click().run()
    assert not app.exception
    assert "everyhand · " in text(app)


def test_new_prediction_counts_immediately(analytics, history, saved_digits):
    app = analytics()
    history.save(replace(saved_digits, verdict=Verdict.DIGIT), InputMethod.CANVAS)
    assert metrics(app.run())["Predictions"] == "6"
    history.set_label(history.newest(1)[0].prediction_id, "2")
    assert metrics(app.run())["Accuracy (1 labeled)"] == "100.0%"
    history.delete_all()
    assert not app.run().metric
