import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from digitrec.errors import StoreError
from digitrec.prediction import Kind, NumberVerdict, Source, Verdict
from digitrec.samples import samples
from digitrec.storage.filters import EVERYTHING, Order, Period
from digitrec.storage.history import Attempt, _Write
from digitrec.storage.images import Images
from digitrec.storage.saved_prediction import NO_DIGIT
from tests.support.pictures import encoded, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def pictures(records):
    return sorted(path.name for path in records.images.folder.iterdir())


def test_a_record_comes_back_as_it_was_read(records, seven):
    saved = records.save(seven, Source.CANVAS)

    (record,) = records.newest(10)
    assert record == saved == records.get(saved.record_id)
    assert (record.label, record.verdict, record.source, record.model) == ("7", seven.verdict, "canvas", "everyhand")
    assert record.confidence == pytest.approx(seven.confidence, abs=1e-4)
    assert record.probabilities == pytest.approx(seven.probabilities, abs=1e-6)
    assert record.milliseconds == seven.milliseconds
    assert datetime.now(UTC) - record.created_at < timedelta(minutes=1)
    assert records.count() == 1


def test_the_picture_gives_the_same_answer_again(records, recognizer, seven):
    drawn = records.save(seven, Source.CANVAS)
    upload = recognizer.read(encoded(photo(4), "JPEG"), Source.UPLOAD)
    uploaded = records.save(upload, Source.UPLOAD)

    again = recognizer.read(records.picture(drawn), drawn.source)
    assert again.probabilities == seven.probabilities
    assert recognizer.read(records.picture(uploaded), uploaded.source).label == upload.label == "4"


def test_a_drawing_that_goes_on_changes_its_record_and_its_picture(records, seven, three):
    first = records.save(three, Source.CANVAS)
    second = records.save(seven, Source.CANVAS, instead=first)

    assert records.count() == 1
    assert second.record_id == first.record_id
    assert second.created_at == first.created_at
    assert second.label == "7"
    assert pictures(records) == [second.image] != [first.image]


def test_a_record_that_is_gone_is_made_anew(records, database, seven, three):
    first = records.save(three, Source.CANVAS)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))

    second = records.save(seven, Source.CANVAS, instead=first)

    assert records.newest(5) == [second]


def test_newest_come_first_in_pages(records, seven):
    saved = [records.save(seven, Source.CANVAS, at=NOON + timedelta(hours=hour)) for hour in (2, 0, 1)]

    assert records.newest(2) == [saved[0], saved[2]]
    assert records.page(EVERYTHING, Order.NEWEST, 2, 2) == [saved[1]]


def test_times_keep_their_moment_and_their_zone(records, seven):
    tokyo = NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    record = records.save(seven, Source.CANVAS, at=tokyo)

    assert record.created_at == NOON
    assert record.created_at.utcoffset() == timedelta(0)


def test_another_person_reaches_nothing(records, others, seven, three):
    mine = records.save(seven, Source.CANVAS)

    assert others.count() == 0
    assert others.newest(10) == []
    assert others.get(mine.record_id) is None
    assert others.summary(Period(), UTC).now is None

    theirs = others.save(three, Source.CANVAS, instead=mine)
    assert theirs.record_id != mine.record_id
    assert records.newest(10) == [mine]
    assert records.picture(mine)


def test_many_threads_of_one_person_lose_nothing(records, seven):
    with ThreadPoolExecutor(16) as threads:
        saved = list(threads.map(lambda _: records.save(seven, Source.CANVAS), range(160)))

    assert records.count() == len({record.record_id for record in saved}) == 160
    assert len(pictures(records)) == 160


@sqlite_only
def test_folder_taken_away_between_two_drawings_is_begun_anew(records, database, seven, three):
    first = records.save(seven, Source.CANVAS)
    shutil.rmtree(database.path.parent)

    assert records.count() == 0
    second = records.save(three, Source.CANVAS, instead=first)

    assert records.newest(10) == [second]
    assert records.picture(second)
    assert database.generation == 1


@sqlite_only
def test_folder_taken_away_under_a_commit_loses_nothing_that_is_called_kept(records, database, seven, monkeypatch):
    records.save(seven, Source.CANVAS)
    write = Images.write
    taken = []

    def write_and_take_away(images, picture, name):
        write(images, picture, name)
        if not taken:
            taken.append(shutil.rmtree(database.path.parent))
        return name

    monkeypatch.setattr(Images, "write", write_and_take_away)
    record = records.save(seven, Source.CANVAS)

    assert taken
    with sqlite3.connect(database.path) as connection:
        assert connection.execute("SELECT image_path FROM predictions").fetchall() == [(record.image,)]
    connection.close()
    assert records.picture(record)


@sqlite_only
def test_record_that_cannot_be_written_leaves_nothing_behind(records, database, seven):
    records.save(seven, Source.CANVAS)
    with sqlite3.connect(database.path) as connection:
        connection.execute("ALTER TABLE predictions RENAME TO elsewhere")
    connection.close()

    with pytest.raises(StoreError, match="not kept"):
        records.save(seven, Source.CANVAS)
    with pytest.raises(StoreError, match="cannot be read"):
        records.count()
    assert len(pictures(records)) == 1


@sqlite_only
def test_record_the_database_refuses_is_said_in_a_sentence_and_leaves_nothing_behind(records, seven):
    for _ in range(2):
        with pytest.raises(StoreError, match="not kept"):
            records.save(replace(seven, confidence=1.5), Source.CANVAS)

    assert records.count() == 0
    assert pictures(records) == []


def test_picture_that_is_gone_is_none(records, seven):
    record = records.save(seven, Source.CANVAS)
    records.images.delete(record.image)

    assert records.picture(record) is None


def test_true_label_can_be_told_and_taken_back(records, seven):
    record = records.save(seven, Source.CANVAS)

    told = records.correct(record.record_id, "1")
    assert (told.true_label, told.label) == ("1", "7")
    assert records.get(record.record_id).true_label == "1"
    assert told.changed_at >= record.changed_at

    assert records.correct(record.record_id, None).true_label is None
    assert records.correct(record.record_id + 1, "1") is None


def test_deleted_record_takes_its_picture_along(records, seven, three):
    first, second = records.save(seven, Source.CANVAS), records.save(three, Source.CANVAS)

    assert records.delete(first.record_id)
    assert not records.delete(first.record_id)

    assert records.newest(5) == [second]
    assert pictures(records) == [second.image]


def test_everything_of_one_person_can_be_deleted_and_nothing_of_another(records, others, seven):
    kept = others.save(seven, Source.CANVAS)
    for _ in range(3):
        records.save(seven, Source.CANVAS)

    assert records.delete_all() == 3

    assert records.count() == 0
    assert others.newest(5) == [kept]
    assert pictures(records) == [kept.image]


def test_another_person_changes_nothing(records, others, seven):
    mine = records.save(seven, Source.CANVAS)

    assert others.correct(mine.record_id, "1") is None
    assert not others.delete(mine.record_id)
    assert others.delete_all() == 0
    assert records.get(mine.record_id) == mine


def test_strokes_filename_and_reason_come_back(records, seven):
    refused = replace(seven, verdict=Verdict.NOT_A_DIGIT, reason=Kind.LETTER)

    saved = records.save(refused, Source.UPLOAD, strokes=samples()[7], filename="seven.jpg")

    record = records.get(saved.record_id)
    assert record == saved
    assert (record.reason, record.text, record.filename) == (Kind.LETTER, "", "seven.jpg")
    assert len(record.strokes) == len(samples()[7])
    assert record.strokes[0].points[0] == pytest.approx(samples()[7][0].points[0], abs=0.05)


@pytest.mark.parametrize("goes_on", [False, True])
def test_commit_whose_answer_is_lost_keeps_one_record_with_its_picture(records, database, seven, three, goes_on):
    before = records.save(three, Source.CANVAS) if goes_on else None
    run, lost = database.run, []

    def run_and_lose_the_answer(work):
        result = run(work)
        if not lost and isinstance(work, _Write):
            lost.append(True)
            # What a connection that breaks on a commit leads to.
            return run(work)
        return result

    with patch.object(database, "run", run_and_lose_the_answer):
        record = records.save(seven, Source.CANVAS, instead=before)

    assert lost
    assert records.newest(5) == [record]
    assert pictures(records) == [record.image]


def test_try_after_an_outage_finds_what_was_kept_after_all(records, database, seven):
    records.save(seven, Source.CANVAS)
    attempt, run = Attempt(), database.run

    def run_and_fall_silent(work):
        run(work)
        raise StoreError("nobody answers")

    with patch.object(database, "run", run_and_fall_silent), pytest.raises(StoreError):
        records.save(seven, Source.CANVAS, attempt=attempt)
    again = records.save(seven, Source.CANVAS, attempt=attempt)

    assert records.count() == 2
    assert records.newest(1) == [again]
    assert len(pictures(records)) == 2
    assert records.picture(again)


def test_id_that_was_given_again_does_not_lead_to_another_record(records, seven, three):
    drawing = records.save(seven, Source.CANVAS)
    records.delete(drawing.record_id)
    upload = records.save(three, Source.UPLOAD)

    gone_on = records.save(seven, Source.CANVAS, instead=drawing)

    assert sorted(record.label for record in records.all()) == ["3", "7"]
    assert records.get(upload.record_id) == upload
    assert records.picture(upload)
    assert len(pictures(records)) == 2
    assert gone_on.record_id != upload.record_id


def test_records_that_come_and_go_between_pages_change_nothing_of_the_others(records, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.history._EXPORT_PAGE", 3)
    saved = [records.save(seven, Source.CANVAS, at=NOON) for _ in range(8)]
    reading = records.all()
    read = [next(reading) for _ in range(2)]

    records.save(seven, Source.CANVAS)
    records.delete(saved[-1].record_id)

    assert [record.record_id for record in [*read, *reading]] == [record.record_id for record in reversed(saved)]


def test_what_a_drawing_really_is_has_to_be_told_anew_when_it_changes(records, seven, three):
    record = records.save(seven, Source.CANVAS)
    records.correct(record.record_id, "1")

    assert records.save(three, Source.CANVAS, instead=record).true_label is None


@pytest.mark.parametrize("label", ["banana", "", "9" * 101, "٣", "-1", "???", "2?a"])
def test_only_numbers_and_no_digit_are_true_labels(records, seven, label):
    record = records.save(seven, Source.CANVAS)
    with pytest.raises(ValueError, match="neither a number"):
        records.correct(record.record_id, label)


def test_number_is_told_with_what_is_no_digit_in_it_and_read_right_only_so(records, number_recognition):
    doubtful = replace(number_recognition, label="20?6", verdict=NumberVerdict.UNSURE)
    refused = replace(number_recognition, verdict=NumberVerdict.NOT_A_NUMBER)
    for recognition, told in ((doubtful, "20?6"), (doubtful, "2026"), (refused, NO_DIGIT), (doubtful, NO_DIGIT)):
        record = records.save(recognition, Source.CANVAS)
        assert records.correct(record.record_id, told).true_label == told

    assert records.told() == (4, 2)


def test_names_of_files_are_kept_as_far_as_they_go(records, seven):
    assert records.save(seven, Source.UPLOAD, filename="a\0b.png").filename == "ab.png"
    assert records.save(seven, Source.UPLOAD, filename="x" * 300 + ".png").filename.endswith("x.png")


def test_all_records_are_read_in_pages(records, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.history._EXPORT_PAGE", 2)
    saved = [records.save(seven, Source.CANVAS) for _ in range(5)]

    assert list(records.all()) == saved[::-1]
