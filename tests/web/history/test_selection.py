from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod
from digitrec.storage.filters import NO_FILTER, Order
from digitrec.web.history.selection import rows_key
from tests.support.page_actions import draw, text
from tests.support.pictures import drawing_png

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def predictions(history, recognizer):
    """Return thirty predictions, the newest first."""
    results = [recognizer.recognize(drawing_png(digit), InputMethod.CANVAS) for digit in range(3)]
    saved = [
        history.save(results[number % 3], InputMethod.CANVAS, at=NOON - timedelta(hours=number)) for number in range(30)
    ]
    assert history.page(NO_FILTER, Order.NEWEST, 30) == saved
    return saved


@pytest.fixture
def selecting(open_history_page, predictions):
    app = open_history_page()
    return app.toggle(key="selecting").set_value(True).run()


def markdown(app):
    return " ".join(element.value for element in app.markdown)


def check(app, saved):
    return app.checkbox(key=f"select-{saved.image}").check().run()


def test_only_predictions_selected_on_two_pages_are_deleted(selecting, predictions, history):
    app = check(check(selecting, predictions[1]), predictions[5])
    app.get_by_key("page").set_value(2).run()
    check(app, predictions[27])
    assert "3 selected" in markdown(app)

    history.set_label(predictions[5].prediction_id, "3")
    app.button(key="delete-selected").click().run()
    assert "permanently deletes 3 predictions (1 labeled), including the images" in markdown(app)
    assert history.count() == 30
    app.button(key="delete-for-good").click().run()

    assert not app.exception
    assert list(history.all()) == [
        saved for saved in predictions if saved not in (predictions[1], predictions[5], predictions[27])
    ]
    assert all(history.picture(saved) is None for saved in (predictions[1], predictions[5], predictions[27]))
    assert "0 selected" in markdown(app)


def test_predictions_that_arrive_meanwhile_are_not_deleted(selecting, predictions, history, recognizer):
    app = check(selecting, predictions[0])
    app.button(key="select-all").click().run()
    assert "24 selected" in markdown(app)

    # One is deleted elsewhere; the drawing of another one continues.
    prediction = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    history.delete(predictions[0].prediction_id)
    continued = history.save(prediction, InputMethod.CANVAS, replacing=predictions[3])
    newer = [history.save(prediction, InputMethod.CANVAS) for _ in range(3)]
    app.button(key="delete-selected").click().run()
    assert "permanently deletes 22 predictions" in markdown(app)
    newest = history.save(prediction, InputMethod.CANVAS)
    app.button(key="delete-for-good").click().run()

    assert set(history.all()) == {*newer, newest, continued, *predictions[24:]}


def test_selection_that_was_deleted_elsewhere_is_reported(selecting, predictions, history):
    app = check(check(selecting, predictions[0]), predictions[1])
    history.delete(predictions[0].prediction_id)
    history.delete(predictions[1].prediction_id)

    app.button(key="delete-selected").click().run()

    assert [toast.value for toast in app.toast] == ["The selected predictions no longer exist."]
    assert "0 selected" in markdown(app)


def test_selected_rows_stay_selected_when_new_ones_appear(selecting, predictions, history, recognizer):
    app = selecting.segmented_control(key="view").set_value("Table").run()
    app.session_state[rows_key(predictions[:24])] = {"selection": {"rows": [0, 2]}}
    app.run()
    assert "2 selected" in markdown(app)

    newer = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    app.run()
    assert "2 selected" in markdown(app)
    app.button(key="delete-selected").click().run()
    app.button(key="delete-for-good").click().run()

    assert set(history.all()) == {newer, *predictions} - {predictions[0], predictions[2]}


def test_gallery_and_table_show_the_same_selection(selecting, predictions):
    app = check(selecting, predictions[1])
    app.segmented_control(key="view").set_value("Table").run()
    assert "1 selected" in markdown(app)
    app.button(key="select-all").click().run()
    app.segmented_control(key="view").set_value("Gallery").run()

    assert [checkbox.value for checkbox in app.checkbox] == [True] * 24
    app.button(key="select-none").click().run()
    assert [checkbox.value for checkbox in app.checkbox] == [False] * 24
    assert "0 selected" in markdown(app)


def test_cancel_deletes_nothing(selecting, predictions, history):
    app = check(selecting, predictions[1])
    app.button(key="delete-selected").click().run()
    app.button(key="cancel-delete").click().run()

    assert not app.exception
    assert history.count() == 30
    assert "1 selected" in markdown(app)


def test_turning_select_off_clears_the_selection(selecting, predictions):
    app = check(selecting, predictions[1])
    app.toggle(key="selecting").set_value(False).run()
    assert not app.checkbox
    app.toggle(key="selecting").set_value(True).run()

    assert "0 selected" in markdown(app)


def test_deleted_drawing_on_the_canvas_is_not_saved_again(app, open_history_page, history):
    draw(app, 7)
    (saved,) = history.newest(5)
    open_history_page().toggle(key="selecting").set_value(True).run()
    check(app, saved)
    app.button(key="delete-selected").click().run()
    app.button(key="delete-for-good").click().run()
    app.switch_page("pages/draw.py").run()

    assert history.count() == 0
    assert "You deleted this prediction" in text(app)
