"""Number mode on the Draw page, and numbers on the other pages."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod, Mode, NumberVerdict
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from digitrec.storage.saved_prediction import NO_DIGIT
from tests.support.page_actions import draw_number, gallery, open_tab, text, upload
from tests.support.pictures import canvas_state, drawing_png, encode_image, number_ink, number_photo


def two_digits():
    """A small 4 beside a 7, both on the canvas for one digit."""
    return tuple(
        Stroke(tuple((0.45 * x + left, 0.45 * y + 70) for x, y in stroke.points), 20)
        for digit, left in ((4, 10), (7, 140))
        for stroke in samples()[digit]
    )


def test_drawn_number_is_saved_and_can_be_labeled(app, history):
    draw_number(app, "2026")

    assert "2026" in text(app)
    assert "Confident" in text(app)
    assert "confidence that every character is right" in text(app)
    [saved] = history.all()
    assert (saved.mode, saved.label, saved.true_label) == (Mode.NUMBER, "2026", None)
    assert len(saved.probabilities) == 4
    # What is for single digits is hidden.
    assert "models" not in {widget.key for widget in app.pills}
    assert [tab.label for tab in app.tabs] == ["Recent", "Steps"]

    app.text_input(key="correct-label").set_value("about 20").run()
    assert "Use ? for any other character" in app.toast[0].value
    assert history.get(saved.prediction_id).true_label is None
    app.text_input(key="correct-label").set_value("2,028").run()
    assert history.get(saved.prediction_id).true_label == "2028"
    assert "Labeled 2028" in text(app)

    app.text_input(key="correct-label").set_value("20?6").run()
    assert history.get(saved.prediction_id).true_label == "20?6"
    app.pills(key="correct-label-none").set_value(NO_DIGIT).run()
    assert "Labeled not a number" in text(app)
    assert (app.text_input(key="correct-label").value, history.get(saved.prediction_id).true_label) == (None, NO_DIGIT)
    app.pills(key="correct-label-none").set_value(None).run()
    assert history.get(saved.prediction_id).true_label is None
    app.pills(key="correct-label-none").set_value(NO_DIGIT).run()
    app.text_input(key="correct-label").set_value("2026").run()
    assert (app.pills(key="correct-label-none").value, history.get(saved.prediction_id).true_label) == (None, "2026")


def test_steps_of_a_very_long_number_are_those_of_its_first_digits(app):
    draw_number(app, 31 * "5")
    open_tab(app, "Steps")

    assert not app.exception
    assert "Only the first 20 digits are shown" in text(app)
    assert len(app.tabs) == 2 + 20


def test_steps_cover_the_line_and_each_digit(app):
    draw_number(app, "365")
    open_tab(app, "Steps")

    assert [tab.label for tab in app.tabs][2:] == ["Digit 1: 3", "Digit 2: 6", "Digit 3: 5"]
    assert text(app).count("Center in 28×28") == 3
    assert text(app).count("Network input") == 4
    app.session_state["wide-canvas"] = canvas_state(write_number("3", samples()), NUMBER_CANVAS_WIDTH)
    assert [tab.label for tab in app.run().tabs][2:] == ["Digit 1: 3"]


def test_labeled_number_survives_a_change_of_mode(app, history):
    draw_number(app, "31415")
    before = app.session_state["wide-canvas"]["drawing"]["raw"]["objects"]
    app.text_input(key="correct-label").set_value("31416").run()

    app.segmented_control(key="draw-mode").set_value("digit").run()
    app.segmented_control(key="draw-mode").set_value("number").run()

    assert "31416" in [saved.true_label for saved in history.all()]
    after = app.session_state["wide-canvas"]["drawing"]["raw"]["objects"]
    assert [item["strokeWidth"] for item in after] == [item["strokeWidth"] for item in before]


def test_several_digits_become_one_number_on_request(app, history):
    app.session_state["canvas"] = canvas_state(two_digits())
    app.run()
    assert "several digits" in text(app)
    assert [saved.reason for saved in history.all()] == ["several_digits"]

    app.button(key="as-number").click().run()

    assert "47" in text(app)
    [saved] = history.all()
    assert (saved.mode, saved.label) == (Mode.NUMBER, "47")
    assert "as-number" not in {button.key for button in app.button}
    # A drawing that fits the other canvas keeps its size on the way back.
    app.segmented_control(key="draw-mode").set_value("digit").run()
    assert "several digits" in text(app)
    [saved] = history.all()
    assert saved.mode is Mode.DIGIT
    shown = app.session_state["canvas"]["drawing"]["raw"]["objects"]
    assert max(item["strokeWidth"] for item in shown) == 20


def test_wide_number_is_scaled_down_for_digit_mode(app, history):
    draw_number(app, "31415")
    app.segmented_control(key="draw-mode").set_value("digit").run()

    assert "several digits" in text(app)
    points = [point for stroke in next(history.all()).strokes for point in stroke.points]
    assert min(x for x, _ in points) >= 0 and max(x for x, _ in points) <= 280


def test_image_without_a_digit_may_be_tried_as_a_number(app):
    upload(app, "blank.png", encode_image(Image.new("L", (300, 200), 200)))
    app.segmented_control(key="draw-image-mode").set_value(Mode.DIGIT).run()

    app.button(key="as-number").click().run()

    assert app.segmented_control(key="draw-image-mode").value is Mode.NUMBER


def test_upload_stays_when_the_mode_changes(app, history):
    upload(app, "number.jpg", number_photo("2026"))
    app.segmented_control(key="draw-image-mode").set_value(Mode.DIGIT).run()
    assert "several digits" in text(app)
    app.button(key="as-number").click().run()

    assert "2026" in text(app)
    [saved] = history.all()
    assert (saved.mode, saved.label, saved.filename) == (Mode.NUMBER, "2026", "number.jpg")


def test_image_decides_whether_it_shows_a_digit_or_a_number(app, history):
    upload(app, "number.jpg", number_photo("2026"))
    assert "2026" in text(app)
    assert app.text_input(key="correct-label").placeholder == "Digits, such as 2026"
    assert [tab.label for tab in app.tabs] == ["Recent", "Steps"]

    upload(app, "seven.png", drawing_png(7))

    assert [(saved.mode, saved.label) for saved in history.all()] == [(Mode.DIGIT, "7"), (Mode.NUMBER, "2026")]
    assert [tab.label for tab in app.tabs] == ["Recent", "Steps", "Saliency maps", "Feature maps"]


def test_one_digit_in_number_mode_offers_digit_mode(app, history):
    draw_number(app, "7")
    app.button(key="as-digit").click().run()

    assert app.segmented_control(key="draw-mode").value == "digit"
    [saved] = history.all()
    assert (saved.mode, saved.label) == (Mode.DIGIT, "7")


def test_sample_number_can_be_cleared_and_restored(app, history):
    app.segmented_control(key="draw-mode").set_value("number").run()
    app.get_by_key("sample").set_value("8675309").run()
    assert "8675309" in text(app)
    sample = app.session_state["wide-canvas"]
    app.session_state["wide-canvas"] = canvas_state((), NUMBER_CANVAS_WIDTH, key="cleared")
    assert "Draw a number" in text(app.run())
    app.session_state["wide-canvas"] = sample
    app.run()
    assert "8675309" in text(app)
    assert [saved.input_method for saved in history.all()] == [InputMethod.SAMPLE]


def test_empty_line_is_blank(app, history):
    app.segmented_control(key="draw-mode").set_value("number").run()
    upload(app, "empty.png", encode_image(Image.fromarray(np.full((200, 600), 230, np.uint8))))

    assert "No ink found" in text(app)
    assert not history.count()


def test_missing_line_model_shows_how_to_train_it(app, setting, tmp_path):
    setting("MODELS", tmp_path)
    app.segmented_control(key="draw-mode").set_value("number").run()

    assert "is missing" in app.error[0].value
    assert "train --model line --data DIR" in app.code[0].value
    assert app.segmented_control(key="draw-mode").value == "number"


def test_number_in_the_history_can_be_drawn_again(open_history_page, saved_number):
    app = open_history_page(mode="Number")
    assert "1 prediction" in text(app)
    assert gallery(app)[0][1].startswith("**2026**")
    app.button(key=f"open-{saved_number.prediction_id}").click().run()
    assert app.text_input(key="opened-label").value in ("", None)
    assert text(app).count("Center in 28×28") == 4
    assert "opened-saliency" not in {toggle.key for toggle in app.toggle}

    app.button(key="draw-again").click().run()
    assert app.segmented_control(key="draw-mode").value == "number"
    assert "2026" in text(app)


@pytest.mark.parametrize(
    ("verdict", "expected", "label"),
    [
        (NumberVerdict.NUMBER, "Labeled not a number. The prediction was 2026.", "labeled not a number"),
        (NumberVerdict.NOT_A_NUMBER, "Marked as correct. Thanks!", "Not a number"),
    ],
)
def test_number_can_be_labeled_as_not_a_number(open_history_page, history, number_recognizer, verdict, expected, label):
    prediction = number_recognizer.recognize(
        strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
    saved = history.save(replace(prediction, verdict=verdict), InputMethod.CANVAS)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()
    app.pills(key="opened-label-none").set_value(NO_DIGIT).run()

    assert expected in text(app)
    assert gallery(app)[0][1].endswith(label)
    app.get_by_key("view").set_value("Table").run()
    assert app.dataframe[0].value["label"].tolist() == ["Not a number"]


def test_number_is_found_by_its_digits_or_label(open_history_page, history, saved_number):
    app = open_history_page(text="02")
    assert "1 of 1 prediction: containing 02" in text(app)
    app.get_by_key("text").set_value("2 8").run()
    assert "0 of 1 prediction: containing 28" in text(app)

    history.set_label(saved_number.prediction_id, "2028")
    assert "1 of 1 prediction" in text(app.run())
    app.button(key="clear-filters").click().run()
    assert app.get_by_key("text").value == ""


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("2026", "No number is likely enough to be accepted. Best guess: 2026 (12.0%)"),
        ("??", "Nothing here looks like"),
    ],
)
def test_rejected_number_shows_the_reason(open_history_page, history, number_recognizer, label, expected):
    prediction = number_recognizer.recognize(
        strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
    refused = replace(prediction, label=label, confidence=0.12, verdict=NumberVerdict.NOT_A_NUMBER)
    saved = history.save(refused, InputMethod.CANVAS)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    assert expected in text(app)


def test_opened_number_shows_its_doubts(open_history_page, history, number_recognizer):
    line = number_ink("2026", 60)[0]
    prediction = number_recognizer.recognize(encode_image(Image.fromarray(np.vstack([line, line]))), InputMethod.CANVAS)
    saved = history.save(prediction, InputMethod.CANVAS)
    app = open_history_page()
    app.button(key=f"open-{saved.prediction_id}").click().run()

    assert "There seems to be more than one line" in text(app)


def test_numbers_are_filtered_by_verdict(open_history_page, saved_number):
    app = open_history_page(verdict="Confident")
    assert "1 of 1 prediction: confident" in text(app)
    app.get_by_key("verdict").set_value(["Not a number"]).run()
    assert "0 of 1 prediction: not a number" in text(app)
