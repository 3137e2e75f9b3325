import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, text

from digitrec.analytics.summary import summarize
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod, Kind, NumberVerdict, Verdict
from digitrec.samples import samples
from digitrec.storage.filters import NO_FILTER, Order, Period
from digitrec.storage.history import Attempt
from digitrec.storage.images import Images
from digitrec.storage.saved_prediction import NO_DIGIT
from tests.support.pictures import drawing_png, encode_image, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def pictures(history):
    return sorted(path.name for path in history.images.folder.iterdir())


def test_prediction_is_saved_unchanged(history, seven):
    saved = history.save(seven, InputMethod.CANVAS)

    (saved,) = history.newest(10)
    assert saved == saved == history.get(saved.prediction_id)
    assert (saved.label, saved.verdict, saved.input_method, saved.model) == ("7", seven.verdict, "canvas", "everyhand")
    assert saved.confidence == pytest.approx(seven.confidence, abs=1e-4)
    assert saved.probabilities == pytest.approx(seven.probabilities, abs=1e-6)
    assert saved.milliseconds == seven.milliseconds
    assert datetime.now(UTC) - saved.created_at < timedelta(minutes=1)
    assert history.count() == 1


def test_saved_image_gives_the_same_prediction(history, recognizer, seven):
    drawn = history.save(seven, InputMethod.CANVAS)
    upload = recognizer.recognize(encode_image(photo(4), "JPEG"), InputMethod.UPLOAD)
    uploaded = history.save(upload, InputMethod.UPLOAD)

    again = recognizer.recognize(history.picture(drawn), drawn.input_method)
    assert again.probabilities == seven.probabilities
    assert recognizer.recognize(history.picture(uploaded), uploaded.input_method).label == upload.label == "4"


def test_continued_drawing_replaces_its_prediction_and_image(history, seven, three):
    first = history.save(three, InputMethod.CANVAS)
    second = history.save(seven, InputMethod.CANVAS, replacing=first)

    assert history.count() == 1
    assert second.prediction_id == first.prediction_id
    assert second.created_at == first.created_at
    assert second.label == "7"
    assert pictures(history) == [second.image] != [first.image]


def test_replacing_a_deleted_prediction_adds_a_new_one(history, database, seven, three):
    first = history.save(three, InputMethod.CANVAS)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))

    second = history.save(seven, InputMethod.CANVAS, replacing=first)

    assert history.newest(5) == [second]


def test_newest_predictions_come_first(history, seven):
    saved = [history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(hours=hour)) for hour in (2, 0, 1)]

    assert history.newest(2) == [saved[0], saved[2]]
    assert history.page(NO_FILTER, Order.NEWEST, 2, 2) == [saved[1]]


def test_times_are_returned_in_utc(history, seven):
    tokyo = NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    saved = history.save(seven, InputMethod.CANVAS, at=tokyo)

    assert saved.created_at == NOON
    assert saved.created_at.utcoffset() == timedelta(0)


def test_predictions_of_another_user_are_unreachable(history, others, seven, three):
    mine = history.save(seven, InputMethod.CANVAS)

    assert others.count() == 0
    assert others.newest(10) == []
    assert others.get(mine.prediction_id) is None
    assert summarize(others.database, Period(), UTC, user=others.user).metrics is None

    theirs = others.save(three, InputMethod.CANVAS, replacing=mine)
    assert theirs.prediction_id != mine.prediction_id
    assert history.newest(10) == [mine]
    assert history.picture(mine)


def test_concurrent_saves_lose_nothing(history, seven):
    with ThreadPoolExecutor(16) as threads:
        saved = list(threads.map(lambda _: history.save(seven, InputMethod.CANVAS), range(160)))

    assert history.count() == len({saved.prediction_id for saved in saved}) == 160
    assert len(pictures(history)) == 160


@sqlite_only
def test_deleted_data_folder_is_created_again(history, database, seven, three):
    first = history.save(seven, InputMethod.CANVAS)
    shutil.rmtree(database.path.parent)

    assert history.count() == 0
    second = history.save(three, InputMethod.CANVAS, replacing=first)

    assert history.newest(10) == [second]
    assert history.picture(second)
    assert database.generation == 1


@sqlite_only
def test_data_folder_deleted_during_a_commit_loses_nothing(history, database, seven, monkeypatch):
    history.save(seven, InputMethod.CANVAS)
    write = Images.write
    deleted_folders = []

    def write_and_delete_folder(images, picture, name):
        write(images, picture, name)
        if not deleted_folders:
            deleted_folders.append(shutil.rmtree(database.path.parent))
        return name

    monkeypatch.setattr(Images, "write", write_and_delete_folder)
    saved = history.save(seven, InputMethod.CANVAS)

    assert deleted_folders
    with sqlite3.connect(database.path) as connection:
        assert connection.execute("SELECT image_path FROM predictions").fetchall() == [(saved.image,)]
    connection.close()
    assert history.picture(saved)


@sqlite_only
def test_failed_save_leaves_no_image_and_is_logged(history, database, seven, caplog):
    history.save(seven, InputMethod.CANVAS)
    with sqlite3.connect(database.path) as connection:
        connection.execute("ALTER TABLE predictions RENAME TO elsewhere")
    connection.close()

    with pytest.raises(StorageError, match="Couldn't save"):
        history.save(seven, InputMethod.CANVAS)
    with pytest.raises(StorageError, match="can't be read"):
        history.count()
    assert len(pictures(history)) == 1
    assert any(message.endswith("is failing: no such table: predictions") for message in caplog.messages)
    assert "A prediction was not saved" in caplog.text


@sqlite_only
def test_prediction_whose_image_cannot_be_written_is_logged(history, seven, caplog):
    history.images.folder.parent.mkdir(exist_ok=True)
    history.images.folder.write_text("not a folder")

    with pytest.raises(StorageError, match="Couldn't save"):
        history.save(seven, InputMethod.CANVAS)
    assert "A prediction was not saved: " in caplog.text
    assert "File exists" in caplog.text


@sqlite_only
def test_refused_prediction_leaves_no_image(history, seven):
    for _ in range(2):
        with pytest.raises(StorageError, match="Couldn't save"):
            history.save(replace(seven, confidence=1.5), InputMethod.CANVAS)

    assert history.count() == 0
    assert pictures(history) == []


def test_missing_image_is_none(history, seven):
    saved = history.save(seven, InputMethod.CANVAS)
    history.images.delete(saved.image)

    assert history.picture(saved) is None


def test_label_can_be_set_and_removed(history, seven):
    saved = history.save(seven, InputMethod.CANVAS)

    labeled = history.set_label(saved.prediction_id, "1")
    assert (labeled.true_label, labeled.label) == ("1", "7")
    assert history.get(saved.prediction_id).true_label == "1"
    assert labeled.changed_at >= saved.changed_at

    assert history.set_label(saved.prediction_id, None).true_label is None
    assert history.set_label(saved.prediction_id + 1, "1") is None


def test_deleting_a_prediction_deletes_its_image(history, seven, three):
    first, second = history.save(seven, InputMethod.CANVAS), history.save(three, InputMethod.CANVAS)

    assert history.delete(first.prediction_id)
    assert not history.delete(first.prediction_id)

    assert history.newest(5) == [second]
    assert pictures(history) == [second.image]


def test_delete_all_keeps_the_predictions_of_others(history, others, seven):
    theirs = others.save(seven, InputMethod.CANVAS)
    for _ in range(3):
        history.save(seven, InputMethod.CANVAS)

    assert history.delete_all() == 3

    assert history.count() == 0
    assert others.newest(5) == [theirs]
    assert pictures(history) == [theirs.image]


def test_predictions_of_another_user_cannot_be_changed(history, others, seven):
    mine = history.save(seven, InputMethod.CANVAS)

    assert others.set_label(mine.prediction_id, "1") is None
    assert not others.delete(mine.prediction_id)
    assert others.delete_all() == 0
    assert history.get(mine.prediction_id) == mine


def test_strokes_filename_and_reason_are_saved(history, seven):
    rejected = replace(seven, verdict=Verdict.NOT_A_DIGIT, reason=Kind.LETTER)

    saved = history.save(rejected, InputMethod.UPLOAD, strokes=samples()[7], filename="seven.jpg")

    saved = history.get(saved.prediction_id)
    assert saved == saved
    assert (saved.reason, saved.text, saved.filename) == (Kind.LETTER, "", "seven.jpg")
    assert len(saved.strokes) == len(samples()[7])
    assert saved.strokes[0].points[0] == pytest.approx(samples()[7][0].points[0], abs=0.05)


@pytest.mark.parametrize("continues", [False, True])
def test_commit_with_a_lost_response_saves_once(history, database, seven, three, continues):
    before = history.save(three, InputMethod.CANVAS) if continues else None
    run, lost = database.run, []

    def run_and_lose_the_response(work, error_message):
        result = run(work, error_message)
        if not lost and work.__qualname__.startswith("History.save."):
            lost.append(True)
            # What happens when a connection breaks during a commit.
            return run(work, error_message)
        return result

    with patch.object(database, "run", run_and_lose_the_response):
        saved = history.save(seven, InputMethod.CANVAS, replacing=before)

    assert lost
    assert history.newest(5) == [saved]
    assert pictures(history) == [saved.image]


def test_retry_after_an_outage_saves_once(history, database, seven):
    history.save(seven, InputMethod.CANVAS)
    attempt, run = Attempt(), database.run

    def run_and_time_out(work, error_message):
        run(work, error_message)
        raise StorageError("no response")

    with patch.object(database, "run", run_and_time_out), pytest.raises(StorageError):
        history.save(seven, InputMethod.CANVAS, attempt=attempt)
    again = history.save(seven, InputMethod.CANVAS, attempt=attempt)

    assert history.count() == 2
    assert history.newest(1) == [again]
    assert len(pictures(history)) == 2
    assert history.picture(again)


def test_image_stays_if_its_row_may_have_been_committed(history, database, seven):
    run = database.run

    def run_and_fail(work, error_message):
        run(work, error_message)
        # As after a failover to a server that can't be written yet.
        raise StorageError(error_message)

    history.save(seven, InputMethod.CANVAS)
    with patch.object(database, "run", run_and_fail), pytest.raises(StorageError):
        history.save(seven, InputMethod.CANVAS)

    assert history.count() == 2
    assert all(map(history.picture, history.all()))


@sqlite_only
def test_same_id_in_a_new_file_is_not_replaced(history, database, seven, three):
    drawing = history.save(seven, InputMethod.CANVAS)
    database.path.unlink()
    upload = history.save(three, InputMethod.UPLOAD)
    assert upload.prediction_id == drawing.prediction_id

    continued = history.save(seven, InputMethod.CANVAS, replacing=drawing)

    assert sorted(saved.label for saved in history.all()) == ["3", "7"]
    assert history.get(upload.prediction_id) == upload
    assert history.picture(upload)
    assert continued.prediction_id != upload.prediction_id


def test_pages_are_stable_while_predictions_come_and_go(history, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.history._PAGE_SIZE", 3)
    saved = [history.save(seven, InputMethod.CANVAS, at=NOON) for _ in range(8)]
    reading = history.all()
    read = [next(reading) for _ in range(2)]

    history.save(seven, InputMethod.CANVAS)
    history.delete(saved[-1].prediction_id)

    assert [saved.prediction_id for saved in [*read, *reading]] == [saved.prediction_id for saved in reversed(saved)]


def test_continued_drawing_loses_its_label(history, seven, three):
    saved = history.save(seven, InputMethod.CANVAS)
    history.set_label(saved.prediction_id, "1")

    assert history.save(three, InputMethod.CANVAS, replacing=saved).true_label is None


@pytest.mark.parametrize("label", ["banana", "", "9" * 101, "٣", "-1", "???", "2?a"])
def test_invalid_label_is_refused(history, seven, label):
    saved = history.save(seven, InputMethod.CANVAS)
    with pytest.raises(ValueError, match="neither a number"):
        history.set_label(saved.prediction_id, label)


def test_label_of_a_number_may_contain_non_digits(history, number_recognition):
    unsure = replace(number_recognition, label="20?6", verdict=NumberVerdict.UNSURE)
    rejected = replace(number_recognition, verdict=NumberVerdict.NOT_A_NUMBER)
    for prediction, labeled in ((unsure, "20?6"), (unsure, "2026"), (rejected, NO_DIGIT), (unsure, NO_DIGIT)):
        saved = history.save(prediction, InputMethod.CANVAS)
        assert history.set_label(saved.prediction_id, labeled).true_label == labeled

    assert history.totals()[2:] == (4, 2)


def test_file_names_are_cleaned_and_shortened(history, seven):
    assert history.save(seven, InputMethod.UPLOAD, filename="a\0b.png").filename == "ab.png"
    assert history.save(seven, InputMethod.UPLOAD, filename="x" * 300 + ".png").filename.endswith("x.png")


def test_all_predictions_are_read_in_pages(history, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.history._PAGE_SIZE", 2)
    saved = [history.save(seven, InputMethod.CANVAS) for _ in range(5)]

    assert list(history.all()) == saved[::-1]


def test_lists_do_not_read_strokes(history, recognizer):
    strokes = samples()[7]
    saved = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS, strokes=strokes)
    statements = []
    event.listen(history.database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))

    history.page(NO_FILTER, Order.NEWEST, 10)
    history.newest(10)
    history.neighbors(saved, NO_FILTER, Order.NEWEST)

    assert len(statements) >= 4
    assert not [statement for statement in statements if "strokes" in statement]
    assert history.get(saved.prediction_id).strokes == tuple(strokes)
    assert [one.strokes for one in history.all()] == [tuple(strokes)]
