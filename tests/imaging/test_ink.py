import numpy as np
import pytest
from PIL import ImageOps

from digitrec.imaging.ink import find_ink, otsu
from tests.pictures import photo


@pytest.mark.parametrize("inverted", [False, True])
def test_ink_is_found_under_uneven_light_in_both_polarities(inverted):
    image = photo(7)
    flat = np.asarray(photo(7, slope=0, noise=0))
    truth = flat < 138  # halfway between ink and paper

    ink, steps = find_ink(np.asarray(ImageOps.invert(image) if inverted else image))

    found = ink > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.8
    assert steps[0].reason == ("light ink on dark paper" if inverted else "dark ink on light paper")
    assert [step.name for step in steps] == ["Ink bright", "Paper removed", "Threshold"]


def test_paper_alone_has_no_ink():
    empty = np.full((100, 120), 200, np.uint8)

    ink, steps = find_ink(empty)

    assert not ink.any()
    assert steps[-1].reason == "nothing on the paper stands out"


def test_specks_are_left_out():
    grey = np.asarray(photo(4)).copy()
    grey[10:13, 10:13] = 40

    ink, _ = find_ink(grey)

    assert not ink[:20, :20].any()
    assert ink.any()


def test_otsu_parts_two_heaps_of_brightness():
    grey = np.concatenate([np.full(900, 30), np.full(100, 200)]).astype(np.uint8)

    assert 30 <= otsu(grey) < 200
