from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from digitrec.errors import ImageError
from digitrec.imaging.strokes import Stroke, render
from digitrec.prediction import InputMethod, Kind, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import samples, strokes_to_png
from tests.support.pictures import drawing_png, encode_image, number_ink, photo


@pytest.mark.parametrize("digit", range(10))
def test_sample_drawings_are_recognized(recognizer, digit):
    prediction = recognizer.recognize(drawing_png(digit), InputMethod.CANVAS)

    assert prediction.label == str(digit)
    assert prediction.confidence == max(prediction.probabilities) == prediction.probabilities[digit]
    assert prediction.model == "everyhand"
    assert prediction.text == str(digit)
    assert prediction.verdict is Verdict.DIGIT
    assert prediction.milliseconds > 0


@pytest.mark.parametrize("digit", range(10))
def test_sample_drawings_are_recognized_in_photos(recognizer, digit):
    prediction = recognizer.recognize(encode_image(photo(digit), "JPEG"), InputMethod.UPLOAD)

    assert prediction.label == str(digit)


@pytest.mark.parametrize("gap", [0.05, 0.1, 0.15])
def test_0_that_is_not_quite_closed_is_recognized_wherever_it_is_open(recognizer, gap):
    inks = []
    for start in np.arange(0, 2 * np.pi, 0.5):
        angles = start + np.linspace(0, 2 * np.pi * (1 - gap), 60)
        points = zip(140 + 70 * np.cos(angles), 140 + 95 * np.sin(angles), strict=True)
        inks.append(render([Stroke(tuple(points), 16)], 280))

    predictions = [recognizer.recognize_ink(ink) for ink in inks]

    assert [prediction.text for prediction in predictions] == ["0"] * len(inks)


def test_steps_run_from_the_input_to_the_network_input(recognizer):
    drawing = recognizer.recognize(drawing_png(3), InputMethod.CANVAS)
    picture = recognizer.recognize(encode_image(photo(3)), InputMethod.UPLOAD)

    assert drawing.steps[0].name == "Drawing"
    assert [step.name for step in picture.steps][:2] == ["Input", "Grayscale"]
    assert drawing.steps[-1].name == picture.steps[-1].name == "Network input"
    assert drawing.steps[-1].image.shape == (28, 28)


def test_verdict_follows_from_the_thresholds_of_the_card(recognizer):
    def verdict(**thresholds):
        card = recognizer.model.card.model_copy(update=thresholds)
        return (
            DigitRecognizer(replace(recognizer.model, card=card)).recognize(drawing_png(7), InputMethod.CANVAS).verdict
        )

    assert verdict(confidence_threshold=0.0, digit_threshold=0.0) is Verdict.DIGIT
    assert verdict(confidence_threshold=1.1, digit_threshold=0.0) is Verdict.UNSURE
    assert verdict(confidence_threshold=0.0, digit_threshold=1.1) is Verdict.NOT_A_DIGIT


def test_several_digits_are_rejected(recognizer):
    pair = np.hstack([render(samples()[digit], 280) for digit in (2, 5)])

    prediction = recognizer.recognize(encode_image(Image.fromarray(pair)), InputMethod.CANVAS)

    assert prediction.verdict is Verdict.NOT_A_DIGIT
    assert prediction.reason is Kind.SEVERAL_DIGITS
    assert prediction.text == ""
    assert prediction.label


def looped_two(radius, lean, brush):
    """Return a 2 with a loop of this radius at the bottom left, leaning by this share of its height."""
    loop = np.array([(1.2, -0.6), (-0.2, 0.55), (-1, 0.1), (-0.75, -0.75), (0.1, -0.6), (1.3, 0.4)]) * radius + (
        98,
        205,
    )
    arc = [(84, 92), (98, 58), (140, 42), (184, 62), (182, 100), (165, 140)]
    points = np.concatenate([arc, loop, [(182, 222), (212, 206)]])
    points[:, 0] += lean * (140 - points[:, 1])
    return (Stroke(tuple(map(tuple, points)), brush),)


@pytest.mark.parametrize("lean", [0, 0.3])
@pytest.mark.parametrize("brush", [8, 20])
@pytest.mark.parametrize("radius", [16, 30, 50])
def test_looped_two_is_a_two(recognizer, radius, brush, lean):
    drawing = looped_two(radius, lean, brush)
    photographed = Image.fromarray(np.pad(200 - render(drawing, 280) // 2, 60, constant_values=200))

    for data, way in [(strokes_to_png(drawing), InputMethod.CANVAS), (encode_image(photographed), InputMethod.UPLOAD)]:
        prediction = recognizer.recognize(data, way)
        assert (prediction.label, prediction.verdict) == ("2", Verdict.DIGIT)


@pytest.mark.parametrize("digits", ["2026", "5093842", "66112200"])
def test_many_digits_in_a_row_are_several_digits(recognizer, digits):
    ink = cv2.resize(number_ink(digits, 80)[0], (280, 60), interpolation=cv2.INTER_AREA)

    prediction = recognizer.recognize(
        encode_image(Image.fromarray(np.pad(ink, ((110, 110), (0, 0))))), InputMethod.CANVAS
    )

    assert (prediction.verdict, prediction.reason) == (Verdict.NOT_A_DIGIT, Kind.SEVERAL_DIGITS)


def test_wide_digit_is_one_digit(recognizer):
    drawn = cv2.resize(render(samples()[2], 280), (280, 150), interpolation=cv2.INTER_AREA)

    assert (
        recognizer.recognize(encode_image(Image.fromarray(drawn)), InputMethod.CANVAS).reason is not Kind.SEVERAL_DIGITS
    )


FLAT_THREE = [(50, 100), (220, 100), (140, 130)], [(150, 146), (230, 160), (200, 190), (40, 185)]
OPEN_FOUR = [(60, 90), (50, 150), (180, 150)], [(220, 90), (220, 190)]


@pytest.mark.parametrize(("digit", "lines"), [("3", FLAT_THREE), ("4", OPEN_FOUR)])
def test_wide_digit_in_two_pieces_is_one_digit(recognizer, digit, lines):
    prediction = recognizer.recognize(strokes_to_png([Stroke(tuple(line), 16) for line in lines]), InputMethod.CANVAS)

    assert prediction.label == digit
    assert prediction.reason is not Kind.SEVERAL_DIGITS


@pytest.mark.parametrize("number", ["25", "17", "41"])
def test_two_slanted_digits_are_several_digits(recognizer, number):
    upright = number_ink(number, 80, gap=50)[0]
    shear = np.array([[1, -0.3, 0.3 * len(upright)], [0, 1, 0]])
    slanted = cv2.warpAffine(upright, shear, (upright.shape[1] + 50, len(upright)))

    assert (
        recognizer.recognize(encode_image(Image.fromarray(slanted)), InputMethod.CANVAS).reason is Kind.SEVERAL_DIGITS
    )


def test_letters_and_scribbles_are_rejected(recognizer):
    letter = [(60, 230), (60, 50), (220, 230), (220, 50)]
    crossed = [(60, 60), (220, 60), (220, 220), (60, 220), (60, 60), (220, 220)]

    reasons = []
    for corners in (letter, crossed):
        ink = render([Stroke(ends, 14) for ends in pairwise(corners)], 280)
        reasons.append(recognizer.recognize(encode_image(Image.fromarray(ink)), InputMethod.CANVAS).reason)

    assert reasons == [Kind.LETTER, Kind.SCRIBBLE]


@pytest.mark.parametrize("input_method", list(InputMethod))
def test_empty_image_is_blank(recognizer, input_method):
    prediction = recognizer.recognize(encode_image(Image.new("RGB", (280, 280))), input_method)

    assert prediction.verdict is Verdict.BLANK
    assert prediction.label == ""
    assert prediction.probabilities == ()


@pytest.mark.parametrize("input_method", list(InputMethod))
def test_non_image_is_rejected(recognizer, input_method):
    with pytest.raises(ImageError):
        recognizer.recognize(b"seven", input_method)
