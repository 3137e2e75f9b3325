from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import Source, Verdict
from digitrec.samples import samples
from digitrec.storage.filters import EVERYTHING, Filter, Order, Told
from tests.support.page_actions import text
from tests.support.pictures import drawing_png, encoded, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def unsure(records, recognizer):
    """Five that were read with doubt, the least sure first, among others."""
    read = recognizer.read(drawing_png(7), Source.CANVAS)
    for number in range(10):
        doubt = {"verdict": Verdict.UNSURE, "confidence": 0.5 + number / 100} if number % 2 else {}
        records.save(replace(read, **doubt), Source.CANVAS, at=NOON + timedelta(hours=number))
    return records.page(Filter(verdicts=(Verdict.UNSURE,)), Order.LEAST_SURE, 10)


def opened(app):
    return app.session_state["opened_record"]


def test_records_are_gone_through_as_they_are_listed(history, unsure):
    app = history(verdict="Unsure", sort="Least sure first")
    app.button(key=f"open-{unsure[0].record_id}").click().run()
    assert app.button(key="previous").disabled

    for record in unsure[1:]:
        app.button(key="next").click().run()
        assert opened(app) == record.record_id
    assert app.button(key="next").disabled
    app.button(key="previous").click().run()
    assert opened(app) == unsure[-2].record_id


def test_one_answer_after_another_corrects_many(history, unsure, records):
    app = history(verdict="Unsure", sort="Least sure first", told="Not yet")
    app.button(key=f"open-{unsure[0].record_id}").click().run()
    app.toggle(key="go-on").set_value(True).run()
    for _ in unsure:
        app.get_by_key("opened-truth").set_value("1").run()

    assert not app.exception
    assert [record.true_label for record in records.page(EVERYTHING, Order.LEAST_SURE, 5)] == ["1"] * 5
    # After the last one there is nowhere to go on to.
    assert opened(app) == unsure[-1].record_id
    assert "it is 1, and was read as 7" in text(app)
    assert records.count(Filter(told=Told.WRONG)) == 5


def test_next_one_follows_a_deleted_one(history, unsure, records):
    app = history(verdict="Unsure", sort="Least sure first")
    app.button(key=f"open-{unsure[3].record_id}").click().run()
    app.button(key=f"delete-{unsure[3].record_id}").click().run()
    assert opened(app) == unsure[4].record_id
    app.button(key=f"delete-{unsure[4].record_id}").click().run()

    assert opened(app) is None
    assert not app.exception
    assert records.count() == 8


def test_strokes_go_back_on_the_canvas_as_another_drawing(history, records, recognizer):
    before = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS, strokes=samples()[7], at=NOON)
    app = history(digit="7")
    app.button(key=f"open-{before.record_id}").click().run()
    app.button(key="draw-again").click().run()

    assert not app.exception
    assert app.title[0].value == "Draw"
    assert "Saved in your history" in text(app)
    again, first = records.newest(5)
    assert first == before
    assert (again.label, again.source, again.strokes) == ("7", Source.CANVAS, before.strokes)


def test_strokes_go_on_the_canvas_also_where_an_upload_was_chosen_before(app, history, records, recognizer):
    record = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS, strokes=samples()[7])
    app.segmented_control(key="way").set_value("Upload").run()
    history().button(key=f"open-{record.record_id}").click().run()
    app.button(key="draw-again").click().run()

    assert app.segmented_control(key="way").value == "Draw"
    assert records.count() == 2


def test_picture_that_was_uploaded_has_no_strokes_to_draw_again(history, records, recognizer):
    data = encoded(photo(7), "JPEG")
    record = records.save(recognizer.read(data, Source.UPLOAD), Source.UPLOAD)
    app = history()
    app.button(key=f"open-{record.record_id}").click().run()

    assert "draw-again" not in [button.key for button in app.button]
    assert "picture" in [button.key for button in app.get("download_button")]
