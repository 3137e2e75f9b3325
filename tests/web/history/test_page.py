from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import Source, percent
from tests.support.page_actions import text
from tests.support.pictures import drawing_png, encoded, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_empty_history_invites_to_draw(history):
    app = history()

    assert "Nothing here yet" in app.markdown[0].value
    assert app.get("page_link")


def test_gallery_shows_the_newest_first_in_pages(history, records, recognizer):
    for number in range(30):
        recognition = recognizer.read(drawing_png(number % 10), Source.CANVAS)
        records.save(recognition, Source.CANVAS, at=NOON + timedelta(minutes=number))
    app = history()

    assert "30 records" in text(app)
    assert len(app.get("html")) == 24
    assert "Read as 9" in app.get("html")[0].proto.body
    assert [button.label[:5] for button in app.button][:3] == ["**9**", "**8**", "**7**"]

    app.get_by_key("page").set_value(2).run()
    assert len(app.get("html")) == 6
    assert "Read as 5" in app.get("html")[0].proto.body


def test_table_tells_everything_about_a_record(history, records, recognizer):
    drawn = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS, at=NOON)
    app = history()
    app.segmented_control(key="view").set_value("Table").run()

    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["read"] == "7"
    assert row["confidence"] == percent(drawn.confidence)
    assert row["verdict"] == "Sure"
    assert row["source"] == "Drawn"
    assert row["model"] == "everyhand"
    assert row["milliseconds"] == drawn.milliseconds
    assert row["time"].timestamp() == NOON.timestamp()
    assert row["picture"].startswith("data:image/png")


@pytest.mark.parametrize("source", [Source.CANVAS, Source.UPLOAD])
def test_record_is_opened_with_its_picture_and_its_steps(history, records, recognizer, source):
    data = drawing_png(7) if source is Source.CANVAS else encoded(photo(7), "JPEG")
    record = records.save(recognizer.read(data, source), source, at=NOON)
    app = history()
    app.button(key=f"open-{record.record_id}").click().run()

    assert not app.exception
    for part in ("confidence", "Bounding box", "Scale to [0, 1]", "read by everyhand", "2026-03-10"):
        assert part in text(app)


def test_record_whose_picture_is_gone_still_opens(history, records, recognizer):
    record = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS)
    records.images.delete(record.image)
    app = history()
    app.button(key=f"open-{record.record_id}").click().run()

    assert not app.exception
    assert "The picture of this record is gone" in text(app)


def test_damaged_picture_spoils_nothing_else(history, records, recognizer):
    damaged, sound = (
        records.save(recognizer.read(drawing_png(digit), Source.CANVAS), Source.CANVAS) for digit in (7, 3)
    )
    (records.images.folder / damaged.image).write_bytes(b"not a picture")
    app = history()

    assert not app.exception
    assert len(app.get("html")) == 2
    app.button(key=f"open-{damaged.record_id}").click().run()
    assert not app.exception
    assert "gone or damaged" in text(app)
    assert sound in records.newest(2)


def test_samples_are_marked(history, records, recognizer):
    records.save(recognizer.read(drawing_png(7), Source.SAMPLE), Source.SAMPLE)
    app = history()

    assert "dashed" in app.get("html")[0].proto.body
    assert "dashed frame" in text(app)


def test_one_record_is_a_record(history, records, recognizer):
    records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS)
    assert [caption.value for caption in history().caption] == ["1 record"]


def test_person_says_what_a_drawing_really_is(history, records, recognizer):
    record = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS)
    app = history()
    app.button(key=f"open-{record.record_id}").click().run()
    assert "accuracy can be counted" in text(app)

    app.get_by_key("opened-truth").set_value("1").run()
    assert records.get(record.record_id).true_label == "1"

    app.button(key=f"open-{record.record_id}").click().run()
    assert "it is 1, and was read as 7" in text(app)
    app.get_by_key("opened-truth").set_value("7").run()
    assert records.get(record.record_id).true_label == "7"


def test_record_is_deleted_with_its_picture(history, records, recognizer):
    record, other = (
        records.save(recognizer.read(drawing_png(digit), Source.CANVAS), Source.CANVAS) for digit in (7, 3)
    )
    app = history()
    app.button(key=f"open-{record.record_id}").click().run()
    app.button(key=f"delete-{record.record_id}").click().run()

    assert not app.exception
    assert records.newest(5) == [other]
    assert records.picture(record) is None


def test_records_can_be_taken_along(history, records, recognizer):
    records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS)
    app = history()

    assert [button.label for button in app.get("download_button")] == ["Table (CSV)", "Pictures (ZIP)"]
    assert not app.exception


def test_everything_is_deleted_only_when_it_is_typed(history, records, recognizer):
    record = records.save(recognizer.read(drawing_png(7), Source.CANVAS), Source.CANVAS)
    app = history()
    assert app.button(key="delete-all").disabled

    app.text_input(key="confirm-delete").set_value("delete").run()
    assert app.button(key="delete-all").disabled
    app.text_input(key="confirm-delete").set_value("Delete everything").run()
    app.button(key="delete-all").click().run()

    assert not app.exception
    assert records.count() == 0
    assert records.picture(record) is None
    assert "Nothing here yet" in app.markdown[0].value
