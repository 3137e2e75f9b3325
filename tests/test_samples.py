import pytest

from digitrec.prediction import Source
from digitrec.samples import failures, png
from digitrec.web.about.known_mistakes import is_failure


@pytest.mark.parametrize("failure", failures(), ids=lambda failure: failure.what)
def test_what_the_gallery_shows_is_still_read_wrong(failure, recognizer):
    assert is_failure(failure, recognizer.read(png(failure.strokes), Source.SAMPLE))


def test_gallery_has_enough_digits_that_fail():
    assert sum(failure.digit is not None for failure in failures()) >= 8
    assert len({failure.strokes for failure in failures()}) == len(failures())
