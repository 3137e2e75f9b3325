"""Compares every statistic with the same one computed in plain Python."""

import math
import random
import tracemalloc
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from digitrec.accounts.users import User, guest
from digitrec.analytics.summary import CONFIDENCE_BANDS, WEEKDAYS, summarize
from digitrec.prediction import InputMethod, Verdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.storage.filters import Period
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import users
from digitrec.storage.users import sign_in
from tests.support.random_predictions import add_predictions

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
BANDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def summarize_history(history, period, zone, digit=None):
    return summarize(history.database, period, zone, digit, history.user)


def predicted(row):
    """Return the predicted digit, or that there is none."""
    return NO_DIGIT if row["verdict"] == "not_a_digit" else row["predicted_label"]


def label(row):
    return row["true_label"] if row["true_label"] != "17" else None


def only_digits(rows):
    return [row for row in rows if row["mode"] == "digit"]


def start(row, zone, unit):
    hour = row["created_at"].astimezone(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    return {"hour": hour, "day": day, "week": day - timedelta(days=day.weekday())}[unit]


def counts(table, *columns):
    """Return a table as the number of predictions per combination of values."""
    return Counter({tuple(row[column] for column in columns): row["predictions"] for row in table.to_dict("records")})


@pytest.mark.parametrize("digit", [None, "7"])
@pytest.mark.parametrize(
    ("zone", "days", "unit"),
    [
        ("UTC", 60, "day"),
        ("Europe/Berlin", 60, "day"),
        ("America/New_York", 200, "week"),
        ("Asia/Kathmandu", 1.9, "hour"),
    ],
)
def test_every_table_matches_plain_python(history, others, zone, days, unit, digit):
    chance = random.Random(f"{zone}{digit}")
    rows, zone = only_digits(add_predictions(history, 600, chance, days=days)), ZoneInfo(zone)
    add_predictions(others, 50, chance)

    summary = summarize_history(history, Period(), zone, digit)

    selected = [row for row in rows if digit is None or predicted(row) == digit]
    digits = [row for row in rows if predicted(row) != NO_DIGIT]
    assert summary.unit == unit
    assert summary.metrics.predictions == len(selected)
    assert summary.metrics.confidence == pytest.approx(mean(row["confidence"] for row in selected))
    assert summary.metrics.unsure == pytest.approx(mean(row["verdict"] == "unsure" for row in selected))
    assert summary.metrics.milliseconds == pytest.approx(median(row["processing_time_ms"] for row in selected))
    labeled = [row for row in selected if label(row)]
    assert summary.metrics.labeled == len(labeled)
    assert summary.metrics.accuracy == pytest.approx(mean(label(row) == predicted(row) for row in labeled))
    assert summary.previous is None

    assert counts(summary.by_time, "start") == Counter((start(row, zone, unit),) for row in selected)
    assert counts(summary.digits_by_time, "start", "digit") == Counter(
        (start(row, zone, unit), predicted(row)) for row in digits
    )
    assert counts(summary.digits, "digit", "verdict") == Counter((predicted(row), row["verdict"]) for row in digits)
    assert counts(summary.confidence_by_digit, "digit", "confidence") == Counter(
        (predicted(row), band(row)) for row in digits
    )
    assert counts(summary.confidence, "confidence", "verdict") == Counter(
        (band(row), row["verdict"]) for row in selected
    )
    assert counts(summary.confusion, "label", "digit") == Counter(
        (label(row), predicted(row)) for row in rows if label(row)
    )
    assert counts(summary.input_methods, "input_method") == Counter((row["input_type"],) for row in selected)
    assert counts(summary.hours, "weekday", "hour") == Counter(
        (WEEKDAYS[local.weekday()], local.hour) for local in (row["created_at"].astimezone(zone) for row in selected)
    )
    assert {row["digit"]: row["selected"] for row in summary.digits.to_dict("records")} == {
        predicted(row): digit in (None, predicted(row)) for row in digits
    }


def test_numbers_are_summarized_separately(history, others):
    rows = [row for row in add_predictions(history, 600, random.Random(2)) if row["mode"] == "number"]
    add_predictions(others, 50, random.Random(3))

    summary = summarize_history(history, Period(), UTC).numbers

    recognized = [row for row in rows if row["verdict"] != "not_a_number"]
    assert counts(summary.lengths, "length", "verdict") == Counter(
        (len(row["predicted_label"]), row["verdict"]) for row in recognized
    )
    assert counts(summary.confidence, "confidence", "verdict") == Counter((band(row), row["verdict"]) for row in rows)
    assert summary.rejected == pytest.approx(1 - len(recognized) / len(rows))
    assert summary.metrics.predictions == summary.by_time["predictions"].sum() == len(rows)
    assert summary.metrics.confidence == pytest.approx(mean(row["confidence"] for row in rows))

    labeled = [row for row in rows if row["true_label"]]
    correct = [predicted_number(row) == row["true_label"] for row in labeled]
    assert (summary.metrics.labeled, summary.metrics.accuracy) == (len(labeled), pytest.approx(mean(correct)))
    assert any(correct) and not all(correct)
    pairs = [(row["true_label"], predicted_number(row)) for row in labeled if row["true_label"] != NO_DIGIT]
    errors = sum(edit_distance("" if number == NO_DIGIT else number, label) for label, number in pairs)
    assert summary.labeled_digits == sum(len(label) for label, _ in pairs)
    assert 0 < summary.character_error_rate == pytest.approx(errors / summary.labeled_digits)
    lengths = defaultdict(list)
    for label, number in pairs:
        lengths[len(label)].append(label == number)
    assert summary.exact_match.to_dict("records") == [
        {"length": length, "predictions": len(lengths[length]), "accuracy": pytest.approx(mean(lengths[length]))}
        for length in sorted(lengths)
    ]
    tenths = Counter(min(int(row["confidence"] * 10), 9) for row in labeled)
    assert summary.reliability["predictions"].tolist() == [tenths[tenth] for tenth in sorted(tenths)]


def predicted_number(row):
    return row["predicted_label"] if row["verdict"] != "not_a_number" else NO_DIGIT


def band(row):
    return CONFIDENCE_BANDS[sum(row["confidence"] >= lower for lower in BANDS)]


def test_percentiles_are_exact(history):
    rows = only_digits(add_predictions(history, 500, random.Random(3), days=20))
    summary = summarize_history(history, Period(), UTC)

    times = defaultdict(list)
    for row in rows:
        times[start(row, UTC, "day")].append(row)
    for bucket in summary.by_time.to_dict("records"):
        day = times.pop(bucket["start"])
        ordered = sorted(row["processing_time_ms"] for row in day)
        for percent in (50, 95):
            assert bucket[f"p{percent}"] == pytest.approx(ordered[math.ceil(len(ordered) * percent / 100) - 1])
        assert bucket["confidence"] == pytest.approx(mean(row["confidence"] for row in day))
        assert bucket["unsure"] == pytest.approx(mean(row["verdict"] == "unsure" for row in day))
        assert bucket["end"] - bucket["start"] == timedelta(days=1)
    assert not times


def test_reliability_compares_confidence_with_accuracy(history):
    rows = [row for row in only_digits(add_predictions(history, 500, random.Random(4))) if label(row)]
    tenths = defaultdict(list)
    for row in rows:
        tenths[min(int(row["confidence"] * 10), 9)].append(row)

    summary = summarize_history(history, Period(), UTC).reliability.to_dict("records")

    assert summary == [
        {
            "predictions": len(tenths[tenth]),
            "confidence": pytest.approx(mean(row["confidence"] for row in tenths[tenth])),
            "accuracy": pytest.approx(mean(predicted(row) == label(row) for row in tenths[tenth])),
        }
        for tenth in sorted(tenths)
    ]


@pytest.mark.parametrize(
    ("moment", "zone", "day", "hour"),
    [
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "UTC", "2026-03-10", 23),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "Europe/Berlin", "2026-03-11", 0),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "America/Los_Angeles", "2026-03-10", 16),
        (datetime(2026, 3, 10, 18, 20, tzinfo=UTC), "Asia/Kathmandu", "2026-03-11", 0),
        # Summer time and winter time.
        (datetime(2026, 7, 9, 22, 30, tzinfo=UTC), "Europe/Berlin", "2026-07-10", 0),
        (datetime(2026, 1, 9, 22, 30, tzinfo=UTC), "Europe/Berlin", "2026-01-09", 23),
        # The last second before the clock changes and the first one after it.
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Berlin", "2026-03-29", 1),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/Berlin", "2026-03-29", 3),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), "Europe/Berlin", "2026-10-25", 2),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "Europe/Berlin", "2026-10-25", 2),
    ],
)
def test_days_and_hours_follow_local_time(history, seven, moment, zone, day, hour):
    # The clock changes between the first and the last of these.
    for at in (moment - timedelta(days=40), moment, moment + timedelta(days=40)):
        history.save(seven, InputMethod.CANVAS, at=at)

    summary = summarize_history(history, Period(), ZoneInfo(zone))
    assert summary.by_time["start"].dt.strftime("%Y-%m-%d").tolist()[1] == day
    weekday = WEEKDAYS[datetime.fromisoformat(day).weekday()]
    assert (weekday, hour) in set(summary.hours[["weekday", "hour"]].itertuples(index=False, name=None))


def test_period_includes_its_start_and_excludes_its_end(history, seven):
    almost = timedelta(microseconds=1)
    for hour in (-3, -2, -1, 0, 1, 2):
        history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(hours=hour) - almost)
        history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(hours=hour))

    summary = summarize_history(history, Period(NOON, NOON + timedelta(hours=2)), UTC)
    assert (summary.metrics.predictions, summary.previous.predictions) == (4, 4)
    assert summary.by_time["predictions"].sum() == 4
    summary = summarize_history(history, Period(NOON + timedelta(days=1), NOON + timedelta(days=2)), UTC)
    assert (summary.metrics, summary.previous.predictions) == (None, 5)


def test_empty_history_gives_an_empty_summary(history):
    summary = summarize_history(history, Period(), UTC)

    assert (summary.metrics, summary.previous, summary.numbers) == (None, None, None)
    assert summary.by_time.empty
    assert summary.digits.empty


def test_exact_match_of_everyone_needs_five_users(history, number_recognition):
    for number in range(6):
        user = User(f"subject-{number}", f"{number}@example.org", "Any")
        sign_in(history.database, user, NOON)
        own = replace(history, user=user)
        saved = own.save(number_recognition, InputMethod.CANVAS, at=NOON)
        own.set_label(saved.prediction_id, "2028" if number else "20")

    summary = summarize(history.database, Period(), UTC).numbers
    assert (summary.metrics.predictions, summary.metrics.labeled) == (6, 6)
    assert (summary.labeled_digits, summary.character_error_rate) == (22, 7 / 22)
    assert summary.exact_match.to_dict("records") == [{"length": 4, "predictions": 5, "accuracy": 0.0}]


def test_groups_of_fewer_than_five_users_are_left_out(history, seven, three):
    # Five users draw a 7 on one day, four of them a 3 three days later; many guests do both.
    members = [User(f"subject-{number}", f"{number}@example.org", "Any") for number in range(5)]
    for user in members:
        sign_in(history.database, user, NOON)
    for number, user in enumerate([*members, *(guest(f"secret {number}") for number in range(8))]):
        own = replace(history, user=user)
        saved = own.save(seven, InputMethod.CANVAS, at=NOON)
        if number < 4:
            own.set_label(saved.prediction_id, "1")
        if number != 0:
            own.save(three, InputMethod.CANVAS, at=NOON + timedelta(days=3))

    summary = summarize(history.database, Period(), UTC)
    assert (summary.metrics.predictions, summary.metrics.labeled, summary.metrics.accuracy) == (13 + 12, 0, None)
    assert summary.confusion.empty
    assert summary.reliability.empty
    assert counts(summary.by_time, "start") == {(datetime(2026, 3, 10),): 13}
    assert counts(summary.digits, "digit", "verdict") == {("7", Verdict.DIGIT): 13}
    assert counts(summary.hours, "weekday", "hour") == {("Tue", 12): 13}
    assert counts(summary.input_methods, "input_method") == {(InputMethod.CANVAS,): 25}

    assert summarize(history.database, Period(), UTC, "3").metrics is None
    since = Period(NOON + timedelta(days=2), NOON + timedelta(days=4))
    summary = summarize(history.database, since, UTC)
    assert summary.metrics is None
    assert summary.previous.predictions == 13


def test_memory_does_not_depend_on_user_ids(history, seven):
    for number in range(5):
        user = User(f"subject-{number}", f"{number}@example.org", "Any")
        row = {"google_id": user.subject, "email": user.email, "name": user.name, "created_at": NOON}
        with history.database.engine.begin() as connection:
            connection.execute(insert(users).values(user_id=1_000_000_000 + number, **row))
        replace(history, user=user).save(seven, InputMethod.CANVAS, at=NOON)

    tracemalloc.start()
    summary = summarize(history.database, Period(), UTC)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert summary.metrics.predictions == 5
    assert peak < 50e6
