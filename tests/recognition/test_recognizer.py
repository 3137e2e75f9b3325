import pytest
from PIL import Image

from digitrec.errors import ImageError
from digitrec.recognition.recognition import Source, Verdict
from tests.pictures import drawing_png, encoded, photo


@pytest.mark.parametrize("digit", range(10))
def test_our_own_drawings_are_read(recognizer, digit):
    recognition = recognizer.read(drawing_png(digit), Source.CANVAS)

    assert recognition.label == str(digit)
    assert recognition.confidence == max(recognition.probabilities) == recognition.probabilities[digit]
    assert recognition.model == "baseline"
    assert recognition.milliseconds > 0


@pytest.mark.parametrize("digit", range(10))
def test_our_own_drawings_are_read_from_a_photograph(recognizer, digit):
    recognition = recognizer.read(encoded(photo(digit), "JPEG"), Source.UPLOAD)

    assert recognition.label == str(digit)


def test_the_trace_runs_from_the_input_to_what_the_network_sees(recognizer):
    drawing = recognizer.read(drawing_png(3), Source.CANVAS)
    picture = recognizer.read(encoded(photo(3)), Source.UPLOAD)

    assert drawing.steps[0].name == "Drawing"
    assert [step.name for step in picture.steps][:2] == ["Input", "Greyscale"]
    assert drawing.steps[-1].name == picture.steps[-1].name == "Scale to [0, 1]"
    assert drawing.steps[-1].picture.shape == (28, 28)


def test_low_confidence_is_unsure(recognizer):
    sure_from = recognizer.model.card.sure_from
    verdicts = {}
    for digit in range(10):
        recognition = recognizer.read(drawing_png(digit), Source.CANVAS)
        verdicts[recognition.confidence >= sure_from] = recognition.verdict
    noise = recognizer.read(encoded(Image.effect_noise((280, 280), 120)), Source.CANVAS)
    verdicts[noise.confidence >= sure_from] = noise.verdict

    assert verdicts == {True: Verdict.DIGIT, False: Verdict.UNSURE}


@pytest.mark.parametrize("source", list(Source))
def test_empty_picture_is_blank(recognizer, source):
    recognition = recognizer.read(encoded(Image.new("RGB", (280, 280))), source)

    assert recognition.verdict is Verdict.BLANK
    assert recognition.label == ""
    assert recognition.probabilities == ()


@pytest.mark.parametrize("source", list(Source))
def test_what_is_no_picture_is_refused(recognizer, source):
    with pytest.raises(ImageError):
        recognizer.read(b"seven", source)
