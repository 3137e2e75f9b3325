"""What is counted, against counting it once more in plain Python, one record after the other."""

import math
import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from digitrec.accounts.users import User, guest
from digitrec.analytics.readings import readings
from digitrec.analytics.summary import CONFIDENCE_BANDS, LEAST_CONFIDENT, WEEKDAYS, summary
from digitrec.prediction import InputMethod, Verdict
from digitrec.recognition.edit_distance import edit_distance
from digitrec.storage.activities import log_activity
from digitrec.storage.filters import Period
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import predictions, users
from digitrec.storage.users import sign_in

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
# The clock of Berlin is put forward on 29 March 2026 at 1:00 UTC, that of New York on 8 March at 7:00.
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 60
BANDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def summarize(history, period, zone, digit=None):
    return summary(readings(history.database, period, history.user), period, zone, digit)


def made(history, number, chance, begin=BEGIN, days=DAYS):
    """Records of everything there can be, written as they are kept."""
    log_activity(history.database, history.user, "draw")
    rows = []
    for _ in range(number):
        mode = chance.choice(["digit"] * 9 + ["number"])
        verdict = chance.choice([mode, mode, "unsure", f"not_a_{mode}"])
        label = str(chance.randrange(10) if mode == "digit" else chance.randrange(10, 9999))
        others = list("0123456789") if mode == "digit" else [label, label[1:], f"{label}?", f"0{label[1:]}"]
        at = begin + timedelta(seconds=chance.random() * days * 24 * 3600)
        rows.append(
            {
                "image_path": f"{chance.random()}",
                "mode": mode,
                "input_type": chance.choice(list(InputMethod)),
                "predicted_label": label,
                "confidence": round(chance.choice([1, 0.999, 0.95, 0.9, 0.5, chance.random()]), 4),
                "verdict": verdict,
                "probabilities": [],
                "model": "any",
                "processing_time_ms": round(chance.lognormvariate(1, 1), 3),
                "true_label": chance.choice([None, None, NO_DIGIT, "17", label, *others]),
                "created_at": at,
                "changed_at": at,
            }
        )
    with history.database.engine.begin() as connection:
        [(user,)] = connection.execute(
            users.select().with_only_columns(users.c.user_id).where(users.c.google_id == history.user.subject)
        )
        connection.execute(insert(predictions), [{**row, "user_id": user} for row in rows])
    return rows


def read(row):
    """What a row counts as: a digit or no digit."""
    return NO_DIGIT if row["verdict"] == "not_a_digit" else row["predicted_label"]


def truth(row):
    return row["true_label"] if row["true_label"] != "17" else None


def of_digits(rows):
    return [row for row in rows if row["mode"] == "digit"]


def start(row, zone, unit):
    there = row["created_at"].astimezone(zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    if unit != "hour":
        there = there.replace(hour=0)
    return there - timedelta(days=there.weekday()) if unit == "week" else there


def told(table, *columns):
    """A table as a count of each combination."""
    return Counter({tuple(row[column] for column in columns): row["records"] for row in table.to_dict("records")})


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
def test_everything_is_counted_as_in_plain_python(history, others, zone, days, unit, digit):
    chance = random.Random(f"{zone}{digit}")
    rows, zone = of_digits(made(history, 600, chance, days=days)), ZoneInfo(zone)
    made(others, 50, chance)

    found = summarize(history, Period(), zone, digit)

    chosen = [row for row in rows if digit is None or read(row) == digit]
    digits = [row for row in rows if read(row) != NO_DIGIT]
    assert found.unit == unit
    assert found.now.records == len(chosen)
    assert found.now.confidence == pytest.approx(mean(row["confidence"] for row in chosen))
    assert found.now.unsure == pytest.approx(mean(row["verdict"] == "unsure" for row in chosen))
    assert found.now.milliseconds == pytest.approx(median(row["processing_time_ms"] for row in chosen))
    checked = [row for row in chosen if truth(row)]
    assert found.now.told == len(checked)
    assert found.now.accuracy == pytest.approx(mean(truth(row) == read(row) for row in checked))
    assert found.before is None

    assert told(found.times, "start") == Counter((start(row, zone, unit),) for row in chosen)
    assert told(found.digits_by_time, "start", "digit") == Counter(
        (start(row, zone, unit), read(row)) for row in digits
    )
    assert told(found.digits, "digit", "verdict") == Counter((read(row), row["verdict"]) for row in digits)
    assert told(found.confidence_by_digit, "digit", "confidence") == Counter((read(row), band(row)) for row in digits)
    assert told(found.confidence, "confidence", "verdict") == Counter((band(row), row["verdict"]) for row in chosen)
    assert told(found.confusion, "truth", "digit") == Counter((truth(row), read(row)) for row in rows if truth(row))
    assert told(found.sources, "source") == Counter((row["input_type"],) for row in chosen)
    assert told(found.hours, "weekday", "hour") == Counter(
        (WEEKDAYS[there.weekday()], there.hour) for there in (row["created_at"].astimezone(zone) for row in chosen)
    )
    assert {row["digit"]: row["chosen"] for row in found.digits.to_dict("records")} == {
        read(row): digit in (None, read(row)) for row in digits
    }


def test_whole_numbers_are_counted_by_themselves(history, others):
    rows = [row for row in made(history, 600, random.Random(2)) if row["mode"] == "number"]
    made(others, 50, random.Random(3))

    found = summarize(history, Period(), UTC).numbers

    verdicts = {"number": "digit", "unsure": "unsure", "not_a_number": "not_a_digit"}
    read = [row for row in rows if row["verdict"] != "not_a_number"]
    assert told(found.lengths, "length", "verdict") == Counter(
        (len(row["predicted_label"]), verdicts[row["verdict"]]) for row in read
    )
    assert told(found.confidence, "confidence", "verdict") == Counter(
        (band(row), verdicts[row["verdict"]]) for row in rows
    )
    assert found.refused == pytest.approx(1 - len(read) / len(rows))
    assert found.now.records == found.times["records"].sum() == len(rows)
    assert found.now.confidence == pytest.approx(mean(row["confidence"] for row in rows))
    assert [history.get(prediction_id).confidence for prediction_id in found.least_sure] == sorted(
        row["confidence"] for row in read
    )[:LEAST_CONFIDENT]

    checked = [(row, said(row) == row["true_label"]) for row in rows if row["true_label"]]
    right = [is_right for _, is_right in checked]
    assert (found.now.told, found.now.accuracy) == (len(checked), pytest.approx(mean(right)))
    assert any(right) and not all(right)
    with_digits = [(row["true_label"], said(row)) for row, _ in checked if row["true_label"] != NO_DIGIT]
    wrong = sum(edit_distance("" if read == NO_DIGIT else read, truth) for truth, read in with_digits)
    assert found.digits == sum(len(truth) for truth, _ in with_digits)
    assert 0 < found.digits_right == pytest.approx(1 - wrong / found.digits)
    lengths = defaultdict(list)
    for truth, read in with_digits:
        lengths[len(truth)].append(truth == read)
    assert found.exact_match.to_dict("records") == [
        {"length": length, "records": len(lengths[length]), "accuracy": pytest.approx(mean(lengths[length]))}
        for length in sorted(lengths)
    ]
    tenths = Counter(min(int(row["confidence"] * 10), 9) for row, _ in checked)
    assert found.reliability["records"].tolist() == [tenths[tenth] for tenth in sorted(tenths)]


def said(row):
    """What was read in a number."""
    return row["predicted_label"] if row["verdict"] != "not_a_number" else NO_DIGIT


def band(row):
    return CONFIDENCE_BANDS[sum(row["confidence"] >= least for least in BANDS)]


def test_percentiles_are_those_of_the_very_records(history):
    rows = of_digits(made(history, 500, random.Random(3), days=20))
    found = summarize(history, Period(), UTC)

    times = defaultdict(list)
    for row in rows:
        times[start(row, UTC, "day")].append(row)
    for line in found.times.to_dict("records"):
        of_day = times.pop(line["start"])
        ordered = sorted(row["processing_time_ms"] for row in of_day)
        for percent in (50, 95):
            assert line[f"p{percent}"] == pytest.approx(ordered[math.ceil(len(ordered) * percent / 100) - 1])
        assert line["confidence"] == pytest.approx(mean(row["confidence"] for row in of_day))
        assert line["unsure"] == pytest.approx(mean(row["verdict"] == "unsure" for row in of_day))
        assert line["end"] - line["start"] == timedelta(days=1)
    assert not times


def test_reliability_sets_confidence_beside_what_people_told(history):
    rows = [row for row in of_digits(made(history, 500, random.Random(4))) if truth(row)]
    tenths = defaultdict(list)
    for row in rows:
        tenths[min(int(row["confidence"] * 10), 9)].append(row)

    found = summarize(history, Period(), UTC).reliability.to_dict("records")

    assert found == [
        {
            "records": len(tenths[tenth]),
            "confidence": pytest.approx(mean(row["confidence"] for row in tenths[tenth])),
            "accuracy": pytest.approx(mean(read(row) == truth(row) for row in tenths[tenth])),
        }
        for tenth in sorted(tenths)
    ]


@pytest.mark.parametrize("digit", [None, "3"])
def test_least_sure_are_ones_own_digits_of_the_least_confidence(history, others, digit):
    made(history, 200, random.Random(5))
    made(others, 200, random.Random(6))
    found = summarize(history, Period(), UTC, digit).least_sure

    mine = [saved for saved in history.all() if saved.mode == "digit" and saved.text and digit in (None, saved.text)]
    assert len(found) == min(LEAST_CONFIDENT, len(mine))
    assert [history.get(prediction_id).confidence for prediction_id in found] == sorted(
        saved.confidence for saved in mine
    )[:LEAST_CONFIDENT]


@pytest.mark.parametrize(
    ("moment", "zone", "day", "hour"),
    [
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "UTC", "2026-03-10", 23),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "Europe/Berlin", "2026-03-11", 0),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), "America/Los_Angeles", "2026-03-10", 16),
        (datetime(2026, 3, 10, 18, 20, tzinfo=UTC), "Asia/Kathmandu", "2026-03-11", 0),
        # Half past midnight in summer, which is half past eleven in winter time.
        (datetime(2026, 7, 9, 22, 30, tzinfo=UTC), "Europe/Berlin", "2026-07-10", 0),
        (datetime(2026, 1, 9, 22, 30, tzinfo=UTC), "Europe/Berlin", "2026-01-09", 23),
        # The last moment before the clock is put forward and the first after it.
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Berlin", "2026-03-29", 1),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/Berlin", "2026-03-29", 3),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), "Europe/Berlin", "2026-10-25", 2),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "Europe/Berlin", "2026-10-25", 2),
    ],
)
def test_days_and_hours_are_the_viewers_in_every_season(history, seven, moment, zone, day, hour):
    # Others around it, so that the clock is changed between them.
    for at in (moment - timedelta(days=40), moment, moment + timedelta(days=40)):
        history.save(seven, InputMethod.CANVAS, at=at)

    found = summarize(history, Period(), ZoneInfo(zone))
    assert found.times["start"].dt.strftime("%Y-%m-%d").tolist()[1] == day
    weekday = WEEKDAYS[datetime.fromisoformat(day).weekday()]
    assert (weekday, hour) in set(found.hours[["weekday", "hour"]].itertuples(index=False, name=None))


def test_period_holds_its_beginning_and_not_its_end_and_the_one_before_ends_where_it_begins(history, seven):
    for hour in (-3, -2, -1, 0, 1, 2):
        history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(hours=hour))

    found = summarize(history, Period(NOON, NOON + timedelta(hours=2)), UTC)
    assert (found.now.records, found.before.records) == (2, 2)
    assert found.times["records"].sum() == 2
    found = summarize(history, Period(NOON + timedelta(days=1), NOON + timedelta(days=2)), UTC)
    assert (found.now, found.before.records) == (None, 3)


def test_nothing_is_nothing(history):
    found = summarize(history, Period(), UTC)

    assert (found.now, found.before, found.numbers, list(found.least_sure)) == (None, None, None, [])
    assert found.times.empty
    assert found.digits.empty


def test_what_really_are_the_digits_of_everybodys_numbers_is_told_of_five_people(history, number_recognition):
    for number in range(6):
        user = User(f"subject-{number}", f"{number}@example.org", "Any")
        sign_in(history.database, user, NOON)
        own = replace(history, user=user)
        saved = own.save(number_recognition, InputMethod.CANVAS, at=NOON)
        own.set_label(saved.prediction_id, "2028" if number else "20")

    found = summary(readings(history.database, Period()), Period(), UTC).numbers
    assert (found.now.records, found.now.told, found.digits, found.digits_right) == (6, 6, 22, 1 - 7 / 22)
    assert found.exact_match.to_dict("records") == [{"length": 4, "records": 5, "accuracy": 0.0}]
    assert list(found.least_sure) == []


def test_everybodys_tell_of_nothing_that_fewer_than_five_people_did(history, seven, three):
    # Five people draw a 7 on one day, four of them a 3 on the next; many guests do both.
    people = [User(f"subject-{number}", f"{number}@example.org", "Any") for number in range(5)]
    for user in people:
        sign_in(history.database, user, NOON)
    for number, user in enumerate([*people, *(guest(f"secret {number}") for number in range(8))]):
        own = replace(history, user=user)
        saved = own.save(seven, InputMethod.CANVAS, at=NOON)
        if number < 4:
            own.set_label(saved.prediction_id, "1")
        if number != 0:
            own.save(three, InputMethod.CANVAS, at=NOON + timedelta(days=3))

    found = summary(readings(history.database, Period()), Period(), UTC)
    assert (found.now.records, found.now.told, found.now.accuracy) == (13 + 12, 0, None)
    assert found.confusion.empty
    assert found.reliability.empty
    assert told(found.times, "start") == {(datetime(2026, 3, 10),): 13}
    assert told(found.digits, "digit", "verdict") == {("7", Verdict.DIGIT): 13}
    assert told(found.hours, "weekday", "hour") == {("Tue", 12): 13}
    assert told(found.sources, "source") == {(InputMethod.CANVAS,): 25}
    assert list(found.least_sure) == []

    assert summary(readings(history.database, Period()), Period(), UTC, "3").now is None
    since = Period(NOON + timedelta(days=2), NOON + timedelta(days=4))
    found = summary(readings(history.database, since), since, UTC)
    assert found.now is None
    assert found.before.records == 13
