import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import event

from digitrec.prediction import InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
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
def kept(history, others, seven, number_recognition):
    """Records of all kinds, and those of somebody else, which nobody is to see."""
    chance = random.Random(0)
    for number in range(60):
        read = number_recognition if number % 7 == 0 else seven
        prediction = replace(
            read,
            label=chance.choice(NUMBERS if read is number_recognition else LABELS),
            verdict=chance.choice(VERDICTS_ON_NUMBERS if read is number_recognition else VERDICTS),
            confidence=chance.choice(CONFIDENCES),
            model=chance.choice(MODELS),
        )
        input_method = chance.choice(list(InputMethod))
        saved = history.save(prediction, input_method, at=NOON + timedelta(hours=number // 3))
        history.set_label(saved.prediction_id, chance.choice([None, None, *LABELS, *NUMBERS, NO_DIGIT]))
        others.save(prediction, input_method, at=NOON)
    return list(history.all())


def any_filter(chance):
    low, high = sorted(chance.sample([0.0, *CONFIDENCES], 2))
    since, until = sorted(NOON + timedelta(hours=chance.randrange(-2, 24)) for _ in range(2))
    return Filter(
        labels=some(chance, LABELS),
        true_labels=some(chance, (*LABELS, NO_DIGIT)),
        text=chance.choice(["", "", "", "", "7", "1", "71", "1?", "%"]),
        verdicts=some(chance, (*VERDICTS, *VERDICTS_ON_NUMBERS)),
        confidence=chance.choice([(0.0, 1.0), (low, high)]),
        input_methods=some(chance, list(InputMethod)),
        modes=some(chance, list(Mode)),
        models=some(chance, MODELS),
        label_status=chance.choice([None, None, *LabelStatus]),
        period=chance.choice([Period(), Period(since), Period(None, until), Period(since, until)]),
    )


def fits(saved, which):
    """Whether a record is to be listed, told in plain Python."""
    is_told = saved.true_label is not None
    is_right = saved.true_label == (saved.text or NO_DIGIT)
    told = {
        LabelStatus.UNLABELED: not is_told,
        LabelStatus.LABELED: is_told,
        LabelStatus.CORRECT: is_right,
        LabelStatus.INCORRECT: is_told and not is_right,
    }
    since, until = which.period.since, which.period.until
    return (
        (not which.labels or saved.text in which.labels)
        and (not which.true_labels or saved.true_label in which.true_labels)
        and (which.text in saved.text or which.text in (saved.true_label or ""))
        and (not which.verdicts or saved.verdict in which.verdicts)
        and which.confidence[0] <= saved.confidence <= which.confidence[1]
        and (not which.input_methods or saved.input_method in which.input_methods)
        and (not which.modes or saved.mode in which.modes)
        and (not which.models or saved.model in which.models)
        and (which.label_status is None or told[which.label_status])
        and (since is None or saved.created_at >= since)
        and (until is None or saved.created_at < until)
    )


def ordered(kept, order):
    by_confidence = order in (Order.LEAST_CONFIDENT, Order.MOST_CONFIDENT)
    return sorted(
        kept,
        key=lambda saved: (saved.confidence if by_confidence else saved.created_at, saved.prediction_id),
        reverse=order in (Order.NEWEST, Order.MOST_CONFIDENT),
    )


def test_whatever_is_filtered_is_what_plain_python_finds(history, kept):
    chance = random.Random(1)
    found = 0
    for _ in range(FILTERS):
        which, order = any_filter(chance), chance.choice(list(Order))
        expected = [saved for saved in ordered(kept, order) if fits(saved, which)]

        assert history.count(which) == len(expected), which
        assert history.page(which, order, 100) == expected, (which, order)
        assert list(history.all(which)) == [saved for saved in ordered(kept, Order.NEWEST) if fits(saved, which)]
        found += bool(expected)
    # Else it would have compared nothing with nothing.
    assert found > FILTERS / 4


@pytest.mark.parametrize("order", Order)
def test_pages_follow_each_other_without_a_gap(history, kept, order):
    which = Filter(verdicts=(Verdict.DIGIT, Verdict.UNSURE))
    pages = [history.page(which, order, 7, offset) for offset in range(0, 70, 7)]

    assert list(chain.from_iterable(pages)) == [saved for saved in ordered(kept, order) if fits(saved, which)]


@pytest.mark.parametrize("order", Order)
def test_neighbours_are_those_in_the_list_also_of_one_that_fits_no_more(history, kept, order):
    which = Filter(label_status=LabelStatus.UNLABELED)
    listed = history.page(which, order, 100)
    place = len(listed) // 2
    told = history.set_label(listed[place].prediction_id, "1")

    assert history.neighbors(told, which, order) == (listed[place - 1], listed[place + 1])
    assert history.neighbors(listed[0], which, order) == (None, listed[1])
    assert history.neighbors(listed[-1], which, order) == (listed[-2], None)


def test_only_what_was_shown_is_deleted_whoever_has_its_id_by_now(history, others, seven, three):
    first, second, third = (history.save(seven, InputMethod.CANVAS, at=NOON) for _ in range(3))
    theirs = others.save(seven, InputMethod.CANVAS)
    shown = {saved.prediction_id: saved.image for saved in (first, second, third, theirs)}
    gone_on = history.save(three, InputMethod.CANVAS, replacing=second)
    history.delete(third.prediction_id)
    newer = history.save(three, InputMethod.CANVAS)

    assert history.get_many(shown) == [first]
    assert history.delete_many(shown) == 1

    assert set(history.all()) == {gone_on, newer}
    assert others.newest(5) == [theirs]
    assert history.picture(first) is None
    assert history.picture(newer)


def test_models_are_those_that_read_something(history, kept):
    assert history.models() == list(MODELS)
    assert history.count(NO_FILTER) == len(kept)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("order", Order)
def test_what_is_left_out_is_told_from_an_index_whatever_is_filtered(history, database, kept, order):
    everything_at_once = Filter(
        labels=("7",),
        true_labels=("1",),
        verdicts=(Verdict.DIGIT,),
        confidence=(0.2, 0.9),
        input_methods=(InputMethod.CANVAS,),
        modes=("digit",),
        models=("everyhand",),
        label_status=LabelStatus.INCORRECT,
        period=Period(NOON, NOON + timedelta(days=1)),
    )
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    for which in (NO_FILTER, everything_at_once):
        history.count(which)
        history.page(which, order, 24, 48)

    queries = [query for query in asked if query[0].startswith("SELECT")]
    assert len(queries) == 4
    with database.engine.connect() as connection:
        for statement, parameters in queries:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any("COVERING INDEX ix_predictions_" in step for step in plan), plan
