import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import event

from digitrec.prediction import Mode, NumberVerdict, Source, Verdict
from digitrec.storage.filters import EVERYTHING, Filter, Order, Period, Told
from digitrec.storage.saved_prediction import NO_DIGIT

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LABELS = ("1", "3", "7")
NUMBERS = ("71", "371", "71?", "9")
VERDICTS = (Verdict.DIGIT, Verdict.UNSURE, Verdict.NOT_A_DIGIT)
VERDICTS_ON_NUMBERS = (NumberVerdict.NUMBER, NumberVerdict.UNSURE, NumberVerdict.NOT_A_NUMBER)
MODELS = ("baseline", "everyhand")
# Few values, so that many records are alike in what they are ordered by.
CONFIDENCES = (0.1, 0.29, 0.5, 0.95, 1.0)
FILTERS = 200


def some(chance, values):
    """Some of the values, or, meaning all, none."""
    return tuple(chance.sample(values, chance.choice((0, 0, 1, 2))))


@pytest.fixture
def kept(records, others, seven, number_recognition):
    """Records of all kinds, and those of somebody else, which nobody is to see."""
    chance = random.Random(0)
    for number in range(60):
        read = number_recognition if number % 7 == 0 else seven
        recognition = replace(
            read,
            label=chance.choice(NUMBERS if read is number_recognition else LABELS),
            verdict=chance.choice(VERDICTS_ON_NUMBERS if read is number_recognition else VERDICTS),
            confidence=chance.choice(CONFIDENCES),
            model=chance.choice(MODELS),
        )
        source = chance.choice(list(Source))
        record = records.save(recognition, source, at=NOON + timedelta(hours=number // 3))
        records.correct(record.record_id, chance.choice([None, None, *LABELS, *NUMBERS, NO_DIGIT]))
        others.save(recognition, source, at=NOON)
    return list(records.all())


def any_filter(chance):
    low, high = sorted(chance.sample([0.0, *CONFIDENCES], 2))
    since, until = sorted(NOON + timedelta(hours=chance.randrange(-2, 24)) for _ in range(2))
    return Filter(
        labels=some(chance, LABELS),
        true_labels=some(chance, (*LABELS, NO_DIGIT)),
        text=chance.choice(["", "", "", "", "7", "1", "71", "1?", "%"]),
        verdicts=some(chance, (*VERDICTS, *VERDICTS_ON_NUMBERS)),
        confidence=chance.choice([(0.0, 1.0), (low, high)]),
        sources=some(chance, list(Source)),
        modes=some(chance, list(Mode)),
        models=some(chance, MODELS),
        told=chance.choice([None, None, *Told]),
        period=chance.choice([Period(), Period(since), Period(None, until), Period(since, until)]),
    )


def fits(record, which):
    """Whether a record is to be listed, told in plain Python."""
    is_told = record.true_label is not None
    is_right = record.true_label == (record.text or NO_DIGIT)
    told = {
        Told.NOTHING: not is_told,
        Told.ANYTHING: is_told,
        Told.RIGHT: is_right,
        Told.WRONG: is_told and not is_right,
    }
    since, until = which.period.since, which.period.until
    return (
        (not which.labels or record.text in which.labels)
        and (not which.true_labels or record.true_label in which.true_labels)
        and (which.text in record.text or which.text in (record.true_label or ""))
        and (not which.verdicts or record.verdict in which.verdicts)
        and which.confidence[0] <= record.confidence <= which.confidence[1]
        and (not which.sources or record.source in which.sources)
        and (not which.modes or record.mode in which.modes)
        and (not which.models or record.model in which.models)
        and (which.told is None or told[which.told])
        and (since is None or record.created_at >= since)
        and (until is None or record.created_at < until)
    )


def ordered(kept, order):
    by_confidence = order in (Order.LEAST_SURE, Order.SUREST)
    return sorted(
        kept,
        key=lambda record: (record.confidence if by_confidence else record.created_at, record.record_id),
        reverse=order in (Order.NEWEST, Order.SUREST),
    )


def test_whatever_is_filtered_is_what_plain_python_finds(records, kept):
    chance = random.Random(1)
    found = 0
    for _ in range(FILTERS):
        which, order = any_filter(chance), chance.choice(list(Order))
        expected = [record for record in ordered(kept, order) if fits(record, which)]

        assert records.count(which) == len(expected), which
        assert records.page(which, order, 100) == expected, (which, order)
        assert list(records.all(which)) == [record for record in ordered(kept, Order.NEWEST) if fits(record, which)]
        found += bool(expected)
    # Else it would have compared nothing with nothing.
    assert found > FILTERS / 4


@pytest.mark.parametrize("order", Order)
def test_pages_follow_each_other_without_a_gap(records, kept, order):
    which = Filter(verdicts=(Verdict.DIGIT, Verdict.UNSURE))
    pages = [records.page(which, order, 7, offset) for offset in range(0, 70, 7)]

    assert list(chain.from_iterable(pages)) == [record for record in ordered(kept, order) if fits(record, which)]


@pytest.mark.parametrize("order", Order)
def test_neighbours_are_those_in_the_list_also_of_one_that_fits_no_more(records, kept, order):
    which = Filter(told=Told.NOTHING)
    listed = records.page(which, order, 100)
    place = len(listed) // 2
    told = records.correct(listed[place].record_id, "1")

    assert records.beside(told, which, order) == (listed[place - 1], listed[place + 1])
    assert records.beside(listed[0], which, order) == (None, listed[1])
    assert records.beside(listed[-1], which, order) == (listed[-2], None)


def test_only_what_was_shown_is_deleted_whoever_has_its_id_by_now(records, others, seven, three):
    first, second, third = (records.save(seven, Source.CANVAS, at=NOON) for _ in range(3))
    theirs = others.save(seven, Source.CANVAS)
    shown = {record.record_id: record.image for record in (first, second, third, theirs)}
    gone_on = records.save(three, Source.CANVAS, instead=second)
    records.delete(third.record_id)
    newer = records.save(three, Source.CANVAS)

    assert records.several(shown) == [first]
    assert records.delete_several(shown) == 1

    assert set(records.all()) == {gone_on, newer}
    assert others.newest(5) == [theirs]
    assert records.picture(first) is None
    assert records.picture(newer)


def test_models_are_those_that_read_something(records, kept):
    assert records.models() == list(MODELS)
    assert records.count(EVERYTHING) == len(kept)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("order", Order)
def test_what_is_left_out_is_told_from_an_index_whatever_is_filtered(records, database, kept, order):
    everything_at_once = Filter(
        labels=("7",),
        true_labels=("1",),
        verdicts=(Verdict.DIGIT,),
        confidence=(0.2, 0.9),
        sources=(Source.CANVAS,),
        modes=("digit",),
        models=("everyhand",),
        told=Told.WRONG,
        period=Period(NOON, NOON + timedelta(days=1)),
    )
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    for which in (EVERYTHING, everything_at_once):
        records.count(which)
        records.page(which, order, 24, 48)

    queries = [query for query in asked if query[0].startswith("SELECT")]
    assert len(queries) == 4
    with database.engine.connect() as connection:
        for statement, parameters in queries:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any("COVERING INDEX ix_predictions_" in step for step in plan), plan
