"""Any input gives a prediction or an ImageError, never another exception, and memory stays bounded.

``FUZZ_INPUTS`` sets the number of mutated files; ``make test-full`` tries more than ``make test``.
"""

import os
import resource
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from hypothesis.extra import numpy as arrays
from PIL import Image

from digitrec.errors import ImageError
from digitrec.imaging.ink.binarize import find_ink
from digitrec.imaging.line.detection import find_line, line_from_drawing
from digitrec.imaging.normalize import normalize
from digitrec.prediction import InputMethod, NumberVerdict, Verdict
from digitrec.server.metrics import REGISTRY
from tests.support.damaged_files import mutate, sample_files
from tests.support.pictures import encode_image

INPUTS = int(os.environ.get("FUZZ_INPUTS", "400"))
EXAMPLES = max(30, INPUTS // 100)
# Pillow warns about damaged files and decodes many of them anyway.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.fixture(params=["recognizer", "number_recognizer"])
def any_recognizer(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("part", range(4))
def test_mutated_files_give_a_prediction_or_an_image_error(any_recognizer, part):
    random = np.random.default_rng(part)
    files = sample_files()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    recognized = 0
    for number in range(INPUTS // 4):
        input_method = InputMethod.CANVAS if number % 10 == 0 else InputMethod.UPLOAD
        try:
            prediction = any_recognizer.recognize(mutate(files[number % len(files)], random), input_method)
            recognized += 1
            assert prediction.verdict in (*Verdict, *NumberVerdict)
        except ImageError as error:
            assert str(error).endswith(".")

    assert 0 < recognized < INPUTS // 4
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # kilobytes


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.binary(max_size=300),
    strategies.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"II*\0",
            b"GIF89a",
            b"RIFF\x10\0\0\0WEBP",
            b"BM",
            b"\0\0\0\x1cftypheic",
            b"%PDF",
            b"<svg",
        ]
    ),
)
def test_random_bytes_give_a_prediction_or_an_image_error(any_recognizer, content, magic):
    with suppress(ImageError):
        any_recognizer.recognize(magic + content, InputMethod.UPLOAD)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrays.arrays(np.uint8, strategies.tuples(strategies.integers(1, 70), strategies.integers(1, 70))))
def test_random_pixels_are_binarized(gray):
    ink, steps = find_ink(gray)
    image, _ = normalize(ink)

    assert image.shape == (28, 28)
    assert np.isfinite(image).all()
    assert all(step.image.size for step in steps)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrays.arrays(np.uint8, strategies.tuples(strategies.integers(1, 70), strategies.integers(1, 70))))
def test_random_pixels_are_recognized_as_a_line_or_nothing(number_recognizer, gray):
    for line in (line_from_drawing(gray), find_line(gray)[0]):
        prediction = number_recognizer.recognize_line(line)

        assert len(prediction.digits) == len(prediction.label)
        assert all(step.image.size for digit in prediction.digits for step in digit.steps)


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (40, 1), (1, 40), (2, 2), (500, 300)])
def test_uniform_image_is_blank(any_recognizer, value, size):
    assert any_recognizer.recognize(encode_image(Image.new("L", size, value)), InputMethod.UPLOAD).verdict == "blank"


def test_rejected_images_are_counted_by_reason(any_recognizer):
    def count_rejections():
        return REGISTRY.get_sample_value("digitrec_refusals_total", {"reason": "not_a_picture"}) or 0

    before = count_rejections()
    with pytest.raises(ImageError):
        any_recognizer.recognize(b"digits", InputMethod.UPLOAD)
    assert count_rejections() == before + 1
