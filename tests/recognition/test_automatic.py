import pytest

from digitrec.prediction import InputMethod, Mode, Verdict
from digitrec.recognition.automatic import AutomaticRecognizer
from tests.recognition.test_number_recognizer import ink_to_png, with_letter
from tests.support.pictures import drawing_png, number_ink


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
