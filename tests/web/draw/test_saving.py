import shutil

import pytest
from PIL import Image

from digitrec.imaging.strokes import Stroke
from digitrec.services import services
from tests.support.page_actions import clear, draw, open_tab, text, upload
from tests.support.pictures import canvas_state, encode_image, photo

FIVE_STROKES = tuple(Stroke(((60 + 40 * x, 60), (60 + 40 * x, 220)), 20) for x in range(5))


def test_five_strokes_make_one_prediction(app, history):
    for count in range(1, 6):
        app.session_state["canvas"] = canvas_state(FIVE_STROKES[:count])
        app.run()
        assert "Saved to your history" in text(app)

    (saved,) = history.newest(10)
    assert saved.input_method == "canvas"
    assert len(list(history.images.folder.iterdir())) == 1


def test_saved_prediction_is_that_of_the_last_stroke(app, history):
    draw(app, 4, strokes=1)
    before = history.newest(1)[0]
    draw(app, 4)

    (saved,) = history.newest(10)
    assert saved.label == "4"
    assert saved.created_at == before.created_at
    assert saved.image != before.image


def test_reruns_save_nothing_twice(app, history):
    draw(app, 7)
    for _ in range(3):
        app.run()
    open_tab(app, "Steps")
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/draw.py").run()

    assert history.count() == 1
    assert "Saved to your history" in text(app)


def test_clear_starts_a_new_prediction(app, history):
    draw(app, 7)
    clear(app)
    assert "Saved" not in text(app)
    draw(app, 3)

    assert [saved.label for saved in history.newest(10)] == ["3", "7"]


def test_label_of_a_prediction_deleted_elsewhere_is_refused(app, history):
    draw(app, 6)
    history.delete_all()

    app.pills(key="correct-label").set_value("6").run()

    assert [toast.value for toast in app.toast] == ["This prediction no longer exists."]
    assert "Saved to your history" not in text(app)
    assert app.pills(key="correct-label").disabled
    draw(app, 4)
    assert [saved.true_label for saved in history.all()] == [None]


def test_same_drawing_after_clear_is_saved_again(app, history):
    for _ in range(2):
        draw(app, 7)
        clear(app)

    assert history.count() == 2


def test_undo_updates_the_prediction(app, history):
    draw(app, 7)
    draw(app, 7, strokes=1)
    assert history.count() == 1
    assert len(next(history.all()).strokes) == 1
    clear(app)

    assert history.count() == 1


def test_blank_inputs_are_not_saved(app, history):
    app.run()
    upload(app, "empty.png", encode_image(Image.new("L", (90, 90), 250)))

    assert "No ink found" in text(app)
    assert history.count() == 0
    assert "Saved" not in text(app)


def test_upload_is_saved_once(app, history):
    upload(app, "seven.jpg", encode_image(photo(7), "JPEG"))
    for _ in range(3):
        app.run()

    (saved,) = history.newest(10)
    assert (saved.input_method, saved.label) == ("upload", "7")


def test_samples_and_photos_keep_their_input_method(app, history):
    app.get_by_key("sample").set_value(5).run()
    app.segmented_control(key="draw-input").set_value("camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encode_image(photo(3), "JPEG")).run()

    assert [(saved.input_method, saved.label) for saved in history.newest(10)] == [("camera", "3"), ("sample", "5")]


def test_invalid_image_is_not_saved(app, history):
    upload(app, "seven.png", b"seven")

    assert history.count() == 0
    assert not history.images.folder.exists()


def test_recent_predictions_are_shown_and_opened(app, history):
    assert "Each drawing appears here" in text(app)
    draw(app, 7)
    clear(app)
    draw(app, 3)
    clear(app)
    draw(app, 5)
    _, three, seven = (f"open-{saved.prediction_id}" for saved in history.newest(10))

    assert [button.key for button in app.button if button.key.startswith("open-")] == [three, seven]
    app.button(key=seven).click().run()
    app.get_by_key("opened-label").set_value("1").run()

    assert [saved.true_label for saved in history.newest(10)] == [None, None, "1"]
    assert app.button(key=seven).label.endswith("labeled 1")
    app.button(key="previous").click().run()
    app.button(key="previous").click().run()
    app.get_by_key("opened-label").set_value("5").run()
    assert "Saved to your history. Labeled 5." in text(app)
    app.button(key="draw-again").click().run()
    assert not app.exception
    assert app.session_state["session"].opened_prediction is None


def test_recent_predictions_are_all_but_the_shown_one(app, history):
    draw(app, 4)
    upload(app, "seven.png", encode_image(photo(7)))
    uploaded = history.newest(1)[0].prediction_id

    app.segmented_control(key="draw-input").set_value("canvas").run()

    assert [button.key for button in app.button if button.key.startswith("open-")] == [f"open-{uploaded}"]


def test_digits_are_recognized_while_saving_fails(app, history, data_folder):
    draw(app, 7)
    clear(app)
    # A file in place of the image folder makes every write fail.
    shutil.rmtree(data_folder / "images")
    (data_folder / "images").write_text("")

    draw(app, 3)
    assert not app.exception
    assert text(app).split()[0] == "3"
    assert "Couldn't save" in text(app)

    (data_folder / "images").unlink()
    app.run()
    assert "Saved to your history" in text(app)
    assert history.newest(1)[0].label == "3"


@pytest.mark.slow
def test_user_is_warned_when_the_folder_is_removed(app, history, data_folder):
    draw(app, 7)
    clear(app)
    assert not app.warning
    shutil.rmtree(data_folder)

    draw(app, 3)
    assert "your history with it" in app.warning[0].value
    assert [saved.label for saved in history.newest(10)] == ["3"]

    app.switch_page("pages/history.py").run()
    assert app.warning
    app.button(key="dismiss-loss").click().run()
    assert not app.warning


def test_drawing_is_saved_again_in_a_new_folder(app, history, data_folder):
    draw(app, 7)
    shutil.rmtree(data_folder)
    open_tab(app, "Steps")

    assert "Saved to your history" in text(app)
    assert app.warning
    assert [saved.label for saved in history.newest(10)] == ["7"]


@pytest.mark.parametrize("page", ["draw", "history", "analytics"])
def test_broken_database_shows_a_message(setting, tmp_path, app, page):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "digitrec.sqlite").write_bytes(b"not a database" * 100)
    setting("DATA", tmp_path / "broken")
    services.cache_clear()
    app.switch_page(f"pages/{page}.py").run()

    assert not app.exception
    if page == "draw":
        draw(app, 7)
        assert text(app).split()[0] == "7"
        assert "can't be opened" in text(app)
    else:
        assert "can't be opened" in app.error[0].value
    setting("DATA", tmp_path / "data")
    services.cache_clear()
