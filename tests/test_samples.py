import pytest

from digitrec.prediction import InputMethod
from digitrec.samples import known_mistakes, strokes_to_png
from digitrec.web.about.known_mistakes import is_mistake


@pytest.mark.parametrize("mistake", known_mistakes(), ids=lambda mistake: mistake.description)
def test_known_mistakes_are_still_mistakes(mistake, recognizer):
    assert is_mistake(mistake, recognizer.recognize(strokes_to_png(mistake.strokes), InputMethod.SAMPLE))


def test_gallery_has_enough_mistakes():
    assert sum(mistake.digit is not None for mistake in known_mistakes()) >= 8
    assert len({mistake.strokes for mistake in known_mistakes()}) == len(known_mistakes())
