from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod, Verdict
from digitrec.samples import samples
from digitrec.storage.filters import NO_FILTER, Filter, LabelStatus, Order
from tests.support.page_actions import text
from tests.support.pictures import drawing_png, encode_image, photo

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def unsure(history, recognizer):
    """Five unsure predictions, the least confident first, among others."""
    prediction = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    for number in range(10):
        doubt = {"verdict": Verdict.UNSURE, "confidence": 0.5 + number / 100} if number % 2 else {}
        history.save(replace(prediction, **doubt), InputMethod.CANVAS, at=NOON + timedelta(hours=number))
    return history.page(Filter(verdicts=(Verdict.UNSURE,)), Order.LEAST_CONFIDENT, 10)


def opened(app):
    return app.session_state["session"].opened_prediction


def test_next_and_previous_follow_the_list(open_history_page, unsure):
    app = open_history_page(verdict="Unsure", sort="Least confident first")
    app.button(key=f"open-{unsure[0].prediction_id}").click().run()
    assert app.button(key="previous").disabled

    for saved in unsure[1:]:
        app.button(key="next").click().run()
        assert opened(app) == saved.prediction_id
    assert app.button(key="next").disabled
    app.button(key="previous").click().run()
    assert opened(app) == unsure[-2].prediction_id


def test_labeling_can_go_to_the_next_prediction(open_history_page, unsure, history):
    app = open_history_page(verdict="Unsure", sort="Least confident first", told="Unlabeled")
    app.button(key=f"open-{unsure[0].prediction_id}").click().run()
    app.toggle(key="go-to-next").set_value(True).run()
    for _ in unsure:
        app.get_by_key("opened-label").set_value("1").run()

    assert not app.exception
    assert [saved.true_label for saved in history.page(NO_FILTER, Order.LEAST_CONFIDENT, 5)] == ["1"] * 5
    # The last one stays open.
    assert opened(app) == unsure[-1].prediction_id
    assert "Labeled 1. The prediction was 7." in text(app)
    assert history.count(Filter(label_status=LabelStatus.INCORRECT)) == 5


def test_deleting_opens_the_next_prediction(open_history_page, unsure, history):
    app = open_history_page(verdict="Unsure", sort="Least confident first")
    app.button(key=f"open-{unsure[3].prediction_id}").click().run()
    app.button(key=f"delete-{unsure[3].prediction_id}").click().run()
    assert opened(app) == unsure[4].prediction_id
    app.button(key=f"delete-{unsure[4].prediction_id}").click().run()

    assert opened(app) is None
    assert not app.exception
    assert history.count() == 8


@pytest.mark.parametrize("action", ["label", "delete", "next", "switch"])
def test_prediction_deleted_elsewhere_is_reported_once(open_history_page, unsure, history, action):
    app = open_history_page(verdict="Unsure", sort="Least confident first")
    app.button(key=f"open-{unsure[0].prediction_id}").click().run()
    deleted = unsure[1 if action == "next" else 0]
    history.delete(deleted.prediction_id)

    if action == "label":
        app.get_by_key("opened-label").set_value("1").run()
    elif action == "switch":
        app.toggle(key="go-to-next").set_value(True).run()
    else:
        app.button(key=action if action == "next" else f"delete-{deleted.prediction_id}").click().run()

    assert not app.exception
    assert [toast.value for toast in app.toast] == ["This prediction no longer exists."]
    assert opened(app) == (unsure[1].prediction_id if action == "delete" else None)
    assert history.count() == 9
    assert history.totals().labeled == 0


def test_strokes_are_drawn_again_as_a_new_drawing(open_history_page, history, recognizer):
    before = history.save(
        recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS, strokes=samples()[7], at=NOON
    )
    app = open_history_page(digit="7")
    app.button(key=f"open-{before.prediction_id}").click().run()
    app.button(key="draw-again").click().run()

    assert not app.exception
    assert app.title[0].value == "Draw"
    assert "Saved to your history" in text(app)
    again, first = history.all()
    assert first == before
    assert (again.label, again.input_method, again.strokes) == ("7", InputMethod.CANVAS, before.strokes)


def test_draw_again_switches_from_upload_to_canvas(app, open_history_page, history, recognizer):
    saved = history.save(
        recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS, strokes=samples()[7]
    )
    app.segmented_control(key="draw-input").set_value("upload").run()
    open_history_page().button(key=f"open-{saved.prediction_id}").click().run()
    app.button(key="draw-again").click().run()

    assert app.segmented_control(key="draw-input").value == "canvas"
    assert history.count() == 2


def test_uploads_have_no_strokes_to_draw_again(open_history_page, history, recognizer):
    data = encode_image(photo(7), "JPEG")
    saved = history.save(recognizer.recognize(data, InputMethod.UPLOAD), InputMethod.UPLOAD)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    assert "draw-again" not in [button.key for button in app.button]
    assert "download-image" in [button.key for button in app.get("download_button")]


def test_prediction_is_opened_on_the_explore_page(open_history_page, history, recognizer):
    saved = history.save(recognizer.recognize(drawing_png(4), InputMethod.CANVAS), InputMethod.CANVAS)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    app.button(key="explore-opened").click().run()

    assert not app.exception
    assert app.selectbox(key="drawing").value == f"Prediction {saved.prediction_id}: 4"
    assert opened(app) is None


def test_numbers_are_not_explored(open_history_page, saved_number):
    app = open_history_page()

    app.button(key=f"open-{saved_number.prediction_id}").click().run()

    assert not [button for button in app.button if button.key == "explore-opened"]


def test_probability_rounded_to_zero_is_shown_as_small(open_history_page, history, recognizer):
    prediction = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    assert 0 < min(prediction.probabilities) < 5e-7
    saved = history.save(prediction, InputMethod.CANVAS)

    app = open_history_page().button(key=f"open-{saved.prediction_id}").click().run()

    assert "<0.1%" in text(app) and " 0.0%" not in text(app)
