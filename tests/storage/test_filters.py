import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, product

import pytest
from sqlalchemy import event

from digitrec.analytics.queries import load_predictions
from digitrec.prediction import InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order, Period
from digitrec.storage.saved_prediction import NO_DIGIT

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LABELS = ("1", "3", "7")
NUMBERS = ("71", "371", "71?", "9")
VERDICTS = (Verdict.DIGIT, Verdict.UNSURE, Verdict.NOT_A_DIGIT)
VERDICTS_ON_NUMBERS = (NumberVerdict.NUMBER, NumberVerdict.UNSURE, NumberVerdict.NOT_A_NUMBER)
MODELS = ("baseline", "everyhand")
# Few values, so that many predictions are equal in what they are sorted by.
CONFIDENCES = (0.1, 0.29, 0.5, 0.95, 1.0)
FILTERS = 200 if "FULL" in os.environ else 50


def some(chance, values):
    """Return some of the values, or none of them, which means all."""
    return tuple(chance.sample(values, chance.choice((0, 0, 1, 2))))


@pytest.fixture
def all_saved(history, others, seven, number_recognition):
    """Return predictions of all kinds; another user, whose predictions must not be found, has some too."""
    chance = random.Random(0)
    for number in range(60):
        original = number_recognition if number % 7 == 0 else seven
        prediction = replace(
            original,
            label=chance.choice(NUMBERS if original is number_recognition else LABELS),
            verdict=chance.choice(VERDICTS_ON_NUMBERS if original is number_recognition else VERDICTS),
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


def matches(saved, filter):
    """Return whether a filter matches a prediction, in plain Python."""
    is_labeled = saved.true_label is not None
    is_correct = saved.true_label == (saved.text or NO_DIGIT)
    labeled = {
        LabelStatus.UNLABELED: not is_labeled,
        LabelStatus.LABELED: is_labeled,
        LabelStatus.CORRECT: is_correct,
        LabelStatus.INCORRECT: is_labeled and not is_correct,
    }
    since, until = filter.period.since, filter.period.until
    return (
        (not filter.labels or saved.text in filter.labels)
        and (not filter.true_labels or saved.true_label in filter.true_labels)
        and (filter.text in saved.text or filter.text in (saved.true_label or ""))
        and (not filter.verdicts or saved.verdict in filter.verdicts)
        and filter.confidence[0] <= saved.confidence <= filter.confidence[1]
        and (not filter.input_methods or saved.input_method in filter.input_methods)
        and (not filter.modes or saved.mode in filter.modes)
        and (not filter.models or saved.model in filter.models)
        and (filter.label_status is None or labeled[filter.label_status])
        and (since is None or saved.created_at >= since)
        and (until is None or saved.created_at < until)
    )


def ordered(all_saved, order):
    by_confidence = order in (Order.LEAST_CONFIDENT, Order.MOST_CONFIDENT)
    return sorted(
        all_saved,
        key=lambda saved: (saved.confidence if by_confidence else saved.created_at, saved.prediction_id),
        reverse=order in (Order.NEWEST, Order.MOST_CONFIDENT),
    )


def test_filters_and_orders_match_plain_python(history, all_saved):
    chance = random.Random(1)
    found = 0
    for _ in range(FILTERS):
        filter, order = any_filter(chance), chance.choice(list(Order))
        expected = [saved for saved in ordered(all_saved, order) if matches(saved, filter)]

        assert history.count(filter) == len(expected), filter
        assert history.page(filter, order, 100) == expected, (filter, order)
        assert list(history.all(filter)) == [
            saved for saved in ordered(all_saved, Order.NEWEST) if matches(saved, filter)
        ]
        found += bool(expected)
    # Otherwise the test would compare empty lists.
    assert found > FILTERS / 4


def test_pages_have_no_gaps(history, all_saved):
    filter = Filter(verdicts=(Verdict.DIGIT, Verdict.UNSURE))
    for order in Order:
        pages = [history.page(filter, order, 7, offset) for offset in range(0, 70, 7)]
        expected = [saved for saved in ordered(all_saved, order) if matches(saved, filter)]
        assert list(chain.from_iterable(pages)) == expected, order


def test_neighbors_are_found_even_after_a_prediction_stops_matching(history, all_saved):
    filter = Filter(label_status=LabelStatus.UNLABELED)
    for order in Order:
        listed = history.page(filter, order, 100)
        place = len(listed) // 2
        labeled = history.set_label(listed[place].prediction_id, "1")

        assert history.neighbors(labeled, filter, order) == (listed[place - 1], listed[place + 1]), order
        assert history.neighbors(listed[0], filter, order) == (None, listed[1]), order
        assert history.neighbors(listed[-1], filter, order) == (listed[-2], None), order


def test_delete_many_skips_replaced_predictions_and_those_of_others(history, others, seven, three):
    first, second, third = (history.save(seven, InputMethod.CANVAS, at=NOON) for _ in range(3))
    theirs = others.save(seven, InputMethod.CANVAS)
    shown = {saved.prediction_id: saved.image for saved in (first, second, third, theirs)}
    continued = history.save(three, InputMethod.CANVAS, replacing=second)
    history.delete(third.prediction_id)
    newer = history.save(three, InputMethod.CANVAS)

    assert history.get_many(shown) == [first]
    assert history.delete_many(shown) == 1

    assert set(history.all()) == {continued, newer}
    assert others.newest(5) == [theirs]
    assert history.picture(first) is None
    assert history.picture(newer)


def test_models_are_those_that_made_predictions(history, all_saved):
    assert history.models() == list(MODELS)
    assert history.count(NO_FILTER) == len(all_saved)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_filters_and_analytics_use_a_covering_index(history, database, all_saved):
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
    queries_run = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: queries_run.append(call[2:4]))
    for filter, order in product((NO_FILTER, everything_at_once), Order):
        history.count(filter)
        history.page(filter, order, 24, 48)
    for user in (history.user, None):
        load_predictions(database, Period(), user)

    queries = [query for query in queries_run if query[0].startswith("SELECT")]
    assert len(queries) == 4 * len(Order) + 2
    with database.engine.connect() as connection:
        for statement, parameters in queries:
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any("COVERING INDEX ix_predictions_" in step for step in plan), plan
