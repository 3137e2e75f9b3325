from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod, percent
from tests.support.page_actions import gallery, text
from tests.support.pictures import drawing_png, encode_image, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_empty_history_links_to_the_draw_page(open_history_page):
    app = open_history_page()

    assert "No predictions yet" in app.markdown[0].value
    assert app.get("page_link")


def test_gallery_shows_the_newest_first_in_pages(open_history_page, history, recognizer):
    for number in range(30):
        prediction = recognizer.recognize(drawing_png(number % 10), InputMethod.CANVAS)
        history.save(prediction, InputMethod.CANVAS, at=NOON + timedelta(minutes=number))
    app = open_history_page()

    assert "30 predictions" in text(app)
    assert len(gallery(app)) == 24
    assert gallery(app)[0][0].startswith("Predicted 9")
    assert [below[:5] for _, below in gallery(app)][:3] == ["**9**", "**8**", "**7**"]

    app.get_by_key("page").set_value(2).run()
    assert len(gallery(app)) == 6
    assert gallery(app)[0][0].startswith("Predicted 5")


def test_table_shows_everything_about_a_prediction(open_history_page, history, recognizer):
    drawn = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS, at=NOON)
    app = open_history_page()
    app.segmented_control(key="view").set_value("Table").run()

    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["predicted"] == "7"
    assert row["confidence"] == percent(drawn.confidence)
    assert row["verdict"] == "Confident"
    assert row["input"] == "Canvas"
    assert row["model"] == "everyhand"
    assert row["milliseconds"] == drawn.milliseconds
    assert row["time"].timestamp() == NOON.timestamp()
    assert row["picture"].startswith("data:image/png")


@pytest.mark.parametrize("input_method", [InputMethod.CANVAS, InputMethod.UPLOAD])
def test_prediction_opens_with_its_picture_and_steps(open_history_page, history, recognizer, input_method):
    data = drawing_png(7) if input_method is InputMethod.CANVAS else encode_image(photo(7), "JPEG")
    saved = history.save(recognizer.recognize(data, input_method), input_method, at=NOON)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    assert not app.exception
    for part in ("confidence", "Bounding box", "Network input", " · everyhand · ", "Mar 10, 2026"):
        assert part in text(app)


def test_prediction_without_its_picture_still_opens(open_history_page, history, recognizer):
    saved = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    history.images.delete(saved.image)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    assert not app.exception
    assert "The image is missing or damaged" in text(app)


def test_damaged_picture_does_not_break_the_page(open_history_page, history, recognizer):
    damaged, sound = (
        history.save(recognizer.recognize(drawing_png(digit), InputMethod.CANVAS), InputMethod.CANVAS)
        for digit in (7, 3)
    )
    (history.images.folder / damaged.image).write_bytes(b"not a picture")
    app = open_history_page()

    assert not app.exception
    assert len(gallery(app)) == 2
    app.button(key=f"open-{damaged.prediction_id}").click().run()
    assert not app.exception
    assert "missing or damaged" in text(app)
    assert sound in history.newest(2)


def test_samples_are_marked(open_history_page, history, recognizer):
    history.save(recognizer.recognize(drawing_png(7), InputMethod.SAMPLE), InputMethod.SAMPLE)
    app = open_history_page()

    [style] = (html.proto.body for html in app.get("html") if "dashed" in html.proto.body)
    assert 'img[alt*=", Sample,"]' in style
    assert ", Sample, " in gallery(app)[0][0]
    assert "dashed outline" in text(app)


def test_one_prediction_is_counted_in_the_singular(open_history_page, history, recognizer):
    history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    assert [caption.value for caption in open_history_page().caption] == ["1 prediction"]


def test_prediction_can_be_labeled(open_history_page, history, recognizer):
    saved = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()
    assert "Label predictions to measure accuracy" in text(app)

    app.get_by_key("opened-label").set_value("1").run()
    assert history.get(saved.prediction_id).true_label == "1"

    app.button(key=f"open-{saved.prediction_id}").click().run()
    assert "Labeled 1. The prediction was 7." in text(app)
    app.get_by_key("opened-label").set_value("7").run()
    assert history.get(saved.prediction_id).true_label == "7"


def test_prediction_is_deleted_with_its_picture(open_history_page, history, recognizer):
    saved, other = (
        history.save(recognizer.recognize(drawing_png(digit), InputMethod.CANVAS), InputMethod.CANVAS)
        for digit in (7, 3)
    )
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()
    app.button(key=f"delete-{saved.prediction_id}").click().run()

    assert not app.exception
    assert history.newest(5) == [other]
    assert history.picture(saved) is None


def test_predictions_can_be_exported(open_history_page, history, recognizer):
    history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    app = open_history_page()

    assert [button.label for button in app.get("download_button")] == ["Export table (CSV)", "Export images (ZIP)"]
    assert not app.exception


def test_deleting_everything_needs_a_typed_confirmation(open_history_page, history, recognizer):
    saved = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    app = open_history_page()
    assert app.button(key="delete-all").disabled

    app.text_input(key="confirm-delete").set_value("delete").run()
    assert app.button(key="delete-all").disabled
    app.text_input(key="confirm-delete").set_value("Delete everything").run()
    app.button(key="delete-all").click().run()

    assert not app.exception
    assert history.count() == 0
    assert history.picture(saved) is None
    assert "No predictions yet" in app.markdown[0].value
