import io
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from digitrec.config import EVERYHAND, LINE, settings
from digitrec.errors import ModelBroken, ModelMissing
from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import Hypothesis, InputMethod, NumberVerdict
from digitrec.recognition.ctc import BLANK
from digitrec.recognition.models.cards import CARD_FILE, model_names
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.recognition.models.line_model import load_line_model
from digitrec.recognition.number_recognizer import number_verdict
from digitrec.samples import NUMBER_CANVAS_WIDTH, ink_to_png, strokes_to_png
from tests.support.pictures import number_ink, on_paper

W = [[(0, 0), (25, 100), (50, 30), (75, 100), (100, 0)]]


def with_letter(digits, index):
    """The ink of a number 80 pixels high, with a W in the gap before the digit at this index."""
    ink, boxes = number_ink(digits, 80, gap=130)
    left = boxes[index - 1][2] + 20
    for line in W:
        points = np.array(line) * 0.8 + (left, boxes[0][1])
        cv2.polylines(ink, [np.round(points).astype(np.int32)], False, 255, 7, cv2.LINE_AA)
    return ink


def number_photo(ink, file_format="JPEG"):
    sheet, _ = on_paper(ink)
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, file_format)
    return buffer.getvalue()


@pytest.mark.parametrize("digits", ["2026", "17", "5093842", "66112200", "7"])
def test_drawn_numbers_are_recognized(number_recognizer, digits):
    ink, boxes = number_ink(digits, 80)

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.text == prediction.label == digits
    assert [digit.label for digit in prediction.digits] == list(digits)
    assert prediction.verdict.has_label
    assert 0.5 < prediction.confidence <= 1
    assert (prediction.model, prediction.model_version) == (LINE, number_recognizer.model.version)
    assert prediction.steps[0].name == "Drawing"
    for digit, box in zip(prediction.digits, boxes, strict=True):
        assert tuple(digit.box) == pytest.approx(box, abs=8)
        assert sum(digit.probabilities) == pytest.approx(1)
        assert digit.confidence == max(digit.probabilities)
        assert digit.steps and all(step.image.size for step in digit.steps)


def test_numbers_in_photos_have_boxes_in_input_pixels(number_recognizer):
    ink, boxes = number_ink("2026", 60)

    prediction = number_recognizer.recognize(number_photo(ink), InputMethod.UPLOAD)

    assert prediction.text == "2026"
    _, (top, left) = on_paper(ink)
    for digit, box in zip(prediction.digits, boxes, strict=True):
        expected = (box[0] + left, box[1] + top, box[2] + left, box[3] + top)
        assert tuple(digit.box) == pytest.approx(expected, abs=8)


def test_boxes_lie_within_a_small_tightly_cropped_image(number_recognizer):
    ink, _ = number_ink("47", 80)
    image = Image.fromarray(255 - ink[bounding_box(ink)]).resize((39, 24))

    prediction = number_recognizer.recognize(encode_image(image), InputMethod.API)

    assert prediction.text == "47"
    right, bottom = np.max([digit.box.relative_to(39, 24)[2:] for digit in prediction.digits], 0)
    assert 0.95 < right <= 1
    assert 0.95 < bottom <= 1


def test_alternatives_are_less_likely_and_sum_to_at_most_one(number_recognizer):
    ink, _ = number_ink("4917", 80, gap=2)

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    likely = [prediction.confidence, *(alternative.probability for alternative in prediction.alternatives)]
    assert 1 <= len(prediction.alternatives) <= 3
    assert likely == sorted(likely, reverse=True)
    assert sum(likely) <= 1 + 1e-9
    assert prediction.text not in {alternative.text for alternative in prediction.alternatives}


def test_letter_among_digits_becomes_a_question_mark(number_recognizer):
    prediction = number_recognizer.recognize(ink_to_png(with_letter("205", 1)), InputMethod.CANVAS)

    assert prediction.text == "2?05"
    assert prediction.verdict is NumberVerdict.UNSURE


def test_letters_alone_are_not_a_number(number_recognizer):
    ink = with_letter("1", 1)
    ink[:, : ink.shape[1] // 2 - 20] = 0

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.verdict is NumberVerdict.NOT_A_NUMBER
    assert prediction.text == ""
    assert set(prediction.label) == {"?"}


@pytest.mark.parametrize("mark", ["dot", "comma", "dash"])
def test_marks_between_digits_are_ignored(number_recognizer, mark):
    ink, boxes = number_ink("2548", 80, gap=40)
    x, bottom = boxes[1][2] + 20, boxes[0][3]
    ends = {
        "dot": ((x, bottom - 4), (x + 1, bottom - 4)),
        "comma": ((x + 2, bottom - 6), (x - 4, bottom + 12)),
        "dash": ((x - 12, bottom - 40), (x + 12, bottom - 40)),
    }[mark]
    cv2.line(ink, *ends, 255, 8, cv2.LINE_AA)

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.text == "2548"
    assert prediction.digits[1].box.right == pytest.approx(boxes[1][2], abs=8)


def test_large_comma_is_not_a_one(number_recognizer):
    ink = with_stroke((4, 50), (-8, 92))

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.text == "2026"


def with_stroke(*ends, gap=60):
    """The ink of 2026 with a stroke between its digits: x from the middle of the gap, y from the top."""
    ink, boxes = number_ink("2026", 80, gap=gap)
    middle, top = (boxes[1][2] + boxes[2][0]) // 2, boxes[0][1]
    cv2.polylines(ink, [np.array([(middle + x, top + y) for x, y in ends], np.int32)], False, 255, 7, cv2.LINE_AA)
    return ink


def test_tall_slash_is_not_a_digit(number_recognizer):
    prediction = number_recognizer.recognize(ink_to_png(with_stroke((-22, 96), (22, -12))), InputMethod.CANVAS)

    assert (prediction.text, prediction.verdict) == ("20?26", NumberVerdict.UNSURE)
    assert prediction.digits[2].label == "?"
    assert prediction.text not in {alternative.text for alternative in prediction.alternatives}


def test_tall_slanted_stroke_before_the_digits_is_a_one(number_recognizer):
    ink, boxes = number_ink("2026", 80)
    left, top = boxes[0][:2]
    cv2.line(ink, (left - 60, top + 96), (left - 16, top - 12), 255, 7, cv2.LINE_AA)

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.text == "12026"


def test_upright_stroke_is_a_one(number_recognizer):
    upright = number_recognizer.recognize(ink_to_png(with_stroke((-3, 78), (3, 2))), InputMethod.CANVAS)

    assert (upright.text, upright.verdict) == ("20126", NumberVerdict.NUMBER)


def test_parentheses_are_not_digits(number_recognizer):
    ink, boxes = number_ink("2026", 80, gap=60)
    (left, top, right, bottom), half = boxes[0], 34
    middle = (top + bottom) // 2
    cv2.ellipse(ink, (left - 22 + half, middle), (half, 52), 0, 115, 245, 255, 7, cv2.LINE_AA)
    cv2.ellipse(ink, (right + 30 - half, middle), (half, 52), 0, -65, 65, 255, 7, cv2.LINE_AA)

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert (prediction.text, prediction.verdict) == ("?2?026", NumberVerdict.UNSURE)


def test_tall_slightly_slanted_stroke_is_doubtful(number_recognizer):
    prediction = number_recognizer.recognize(ink_to_png(with_stroke((-12, 92), (12, -12))), InputMethod.CANVAS)

    assert prediction.verdict is NumberVerdict.UNSURE


def test_tall_one_in_slanted_handwriting_is_a_one(number_recognizer):
    upright = with_stroke((0, 88), (0, -10))
    slant = np.tan(np.radians(18))
    shear = np.array([[1, -slant, slant * len(upright)], [0, 1, 0]])
    slanted = cv2.warpAffine(upright, shear, (upright.shape[1] + len(upright), len(upright)))

    prediction = number_recognizer.recognize(ink_to_png(slanted), InputMethod.CANVAS)

    assert (prediction.text, prediction.doubts) == ("20126", ())


@pytest.mark.parametrize(("brush", "height"), [(6, 60), (6, 100), (6, 200), (12, 150), (20, 200)])
def test_single_upright_stroke_is_a_one(number_recognizer, brush, height):
    prediction = number_recognizer.recognize(
        strokes_to_png([Stroke(((300, 60), (300, 60 + height)), brush)], NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )

    assert prediction.text == "1"
    assert [digit.label for digit in prediction.digits] == ["1"]
    assert "" not in {other.text for other in prediction.alternatives}


def test_most_likely_empty_text_is_doubtful(number_recognizer, monkeypatch):
    def mostly_blank(network, strip):
        columns = predict_columns(network, strip)
        columns[:, :BLANK] /= 100
        columns[:, BLANK] = 1 - columns[:, :BLANK].sum(1)
        return columns

    network = type(number_recognizer.model.network)
    predict_columns = network.predict_columns
    monkeypatch.setattr(network, "predict_columns", mostly_blank)
    prediction = number_recognizer.recognize(ink_to_png(number_ink("7", 80)[0]), InputMethod.CANVAS)

    assert (prediction.text, prediction.verdict) == ("7", NumberVerdict.UNSURE)
    assert prediction.doubts == ("This may not be a number.",)


MARKS = {"dot": [(0, 0, 1, 0)], "dash": [(0, 0, 60, 0)], "colon": [(0, 0, 1, 0), (0, 50, 1, 50)]}


@pytest.mark.parametrize("brush", [4, 12, 30])
@pytest.mark.parametrize("marks", MARKS)
def test_dots_and_dashes_alone_are_not_a_number(number_recognizer, marks, brush):
    strokes = [Stroke(((300 + a, 120 + b), (300 + c, 120 + d)), brush) for a, b, c, d in MARKS[marks]]
    prediction = number_recognizer.recognize(strokes_to_png(strokes, NUMBER_CANVAS_WIDTH), InputMethod.CANVAS)

    assert (prediction.text, prediction.verdict) == ("", NumberVerdict.NOT_A_NUMBER)
    assert "There are only dots or dashes." in prediction.doubts


def test_leftover_ink_makes_a_number_unsure(number_recognizer):
    ink, boxes = number_ink("2026", 80)
    small, (box, *_) = number_ink("5", 40)
    left, top = boxes[-1][2] + 10, boxes[-1][1] - 20
    ink = np.pad(ink, ((0, 0), (0, 80)))
    ink[top : top + 40, left : left + box[2] - box[0]] = small[box[1] : box[3], box[0] : box[2]]

    prediction = number_recognizer.recognize(ink_to_png(ink), InputMethod.CANVAS)

    assert prediction.verdict is NumberVerdict.UNSURE
    assert "5" in prediction.text or prediction.doubts == (
        "Some ink beside the digits was left out. It may be a digit.",
    )


@pytest.mark.parametrize("input_method", [InputMethod.CANVAS, InputMethod.UPLOAD])
def test_only_one_of_two_lines_is_recognized_and_reported(number_recognizer, input_method):
    first, second = (number_ink(digits, 60)[0] for digits in ("2026", "4713"))
    width = max(first.shape[1], second.shape[1])
    ink = np.vstack([np.pad(line, ((0, 0), (0, width - line.shape[1]))) for line in (first, second)])

    prediction = number_recognizer.recognize(
        ink_to_png(ink) if input_method is InputMethod.CANVAS else number_photo(ink), input_method
    )

    assert prediction.text in ("2026", "4713")
    assert prediction.verdict is NumberVerdict.UNSURE
    assert prediction.doubts == (
        "There seems to be more than one line. Only one was recognized. Try one line at a time.",
    )


def test_blank_line_is_blank(number_recognizer):
    prediction = number_recognizer.recognize(ink_to_png(np.zeros((240, 720), np.uint8)), InputMethod.CANVAS)

    assert prediction.verdict is NumberVerdict.BLANK
    assert (prediction.text, prediction.digits, prediction.alternatives) == ("", (), ())


@pytest.mark.slow
def test_threads_with_different_lines_get_their_own_numbers(number_recognizer):
    drawings = {digits: ink_to_png(number_ink(digits, 60)[0]) for digits in ("7", "42", "2026", "5093842", "6611220")}
    expected = {digits: number_recognizer.recognize(png, InputMethod.CANVAS) for digits, png in drawings.items()}

    def is_same(digits):
        prediction = number_recognizer.recognize(drawings[digits], InputMethod.CANVAS)
        return (prediction.label, prediction.confidence) == (expected[digits].label, expected[digits].confidence)

    with ThreadPoolExecutor(30) as threads:
        assert all(threads.map(is_same, list(drawings) * 20))


@pytest.mark.parametrize(
    ("text", "probability", "verdict"),
    [
        ("", 1.0, NumberVerdict.NOT_A_NUMBER),
        ("12", 0.9, NumberVerdict.NUMBER),
        ("12", 0.89, NumberVerdict.UNSURE),
        ("12", 0.2, NumberVerdict.UNSURE),
        ("12", 0.19, NumberVerdict.NOT_A_NUMBER),
        ("1?", 0.99, NumberVerdict.UNSURE),
        ("??", 0.99, NumberVerdict.NOT_A_NUMBER),
    ],
)
def test_verdict_follows_from_text_and_probability(text, probability, verdict):
    assert number_verdict(Hypothesis(text, probability), confidence_threshold=0.9, number_threshold=0.2) is verdict


def test_doubts_make_a_number_unsure():
    assert (
        number_verdict(Hypothesis("12", 1.0), confidence_threshold=0.9, number_threshold=0.2, has_doubts=True)
        is NumberVerdict.UNSURE
    )


def test_line_model_is_not_a_digit_model():
    assert EVERYHAND in model_names(settings().models)
    assert LINE not in model_names(settings().models)


def test_missing_and_damaged_models_are_named(tmp_path):
    with pytest.raises(ModelMissing):
        load_line_model(tmp_path)
    shutil.copytree(settings().models / LINE, tmp_path / LINE)
    shutil.copy(settings().models / EVERYHAND / LITERT_FILE, tmp_path / LINE)
    with pytest.raises(ModelBroken, match="does not take images of 32"):
        load_line_model(tmp_path)
    card = json.loads((tmp_path / LINE / CARD_FILE).read_text()) | {"sure_from": "often"}
    (tmp_path / LINE / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(ModelBroken, match="is damaged"):
        load_line_model(tmp_path)
