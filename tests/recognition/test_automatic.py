from functools import partial

import numpy as np
import pytest

from digitrec.prediction import InputMethod, Mode, Verdict
from digitrec.recognition.automatic import AutomaticRecognizer
from tests.recognition.test_number_recognizer import ink_to_png, with_letter
from tests.support.pictures import drawing_png, number_ink, on_paper


@pytest.fixture
def automatic(recognizer, number_recognizer):
    return AutomaticRecognizer(recognizer, number_recognizer)


@pytest.mark.parametrize(
    ("image", "mode", "text"),
    [
        (drawing_png(7), Mode.DIGIT, "7"),
        (ink_to_png(number_ink("2741", 80)[0]), Mode.NUMBER, "2741"),
        (ink_to_png(with_letter("205", 1)), Mode.NUMBER, "2?05"),
    ],
)
def test_image_decides_the_mode(automatic, image, mode, text):
    prediction = automatic.recognize(image, InputMethod.CANVAS)

    assert (prediction.mode, prediction.text) == (mode, text)


def test_letter_is_not_a_number(automatic):
    ink = with_letter("1", 1)
    ink[:, : ink.shape[1] // 2 - 20] = 0

    assert automatic.recognize(ink_to_png(ink), InputMethod.CANVAS).verdict is Verdict.NOT_A_DIGIT


def test_digit_beside_one_that_touches_the_line_of_a_cell_is_part_of_a_number(automatic, recognizer):
    ink, boxes = number_ink("46", 60)
    ink = ink[boxes[0][1] : boxes[0][3], boxes[0][0] : boxes[-1][2]]
    height, width = ink.shape
    cell = np.full((100, 200), 190.0)
    cell[:4] = cell[-4:] = cell[:, -8:] = 30
    cell[20 : 20 + height, -8 - width : -8] -= ink / 255 * 110
    image = ink_to_png(cell.astype(np.uint8))
    assert recognizer.recognize(image, InputMethod.UPLOAD).label == "4"

    prediction = automatic.recognize(image, InputMethod.UPLOAD)

    assert (prediction.mode, prediction.text) == (Mode.NUMBER, "46")


def test_several_lines_are_not_one_digit(automatic, recognizer):
    lines = [number_ink(number, 90)[0] for number in ("42", "17", "88")]
    width = max(line.shape[1] for line in lines)
    page = np.vstack([np.pad(line, ((0, 0), (0, width - line.shape[1]))) for line in lines])
    image = ink_to_png(on_paper(page)[0])
    assert recognizer.recognize(image, InputMethod.UPLOAD).verdict is Verdict.UNSURE

    prediction = automatic.recognize(image, InputMethod.UPLOAD)

    assert prediction.text in ("42", "17", "88")
    assert any("more than one line" in doubt for doubt in prediction.doubts)


def test_time_includes_both_recognizers(automatic, recognizer, number_recognizer, monkeypatch):
    taken = []
    for used in (recognizer, number_recognizer):
        monkeypatch.setattr(used, "recognize", partial(_timed, taken, used.recognize))

    prediction = automatic.recognize(ink_to_png(number_ink("2741", 80)[0]), InputMethod.CANVAS)

    assert len(taken) == 2
    assert prediction.milliseconds == sum(taken)


def _timed(taken, recognize, *arguments):
    prediction = recognize(*arguments)
    taken.append(prediction.milliseconds)
    return prediction
