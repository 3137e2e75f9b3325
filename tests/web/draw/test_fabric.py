import pytest

from digitrec.errors import DrawingError
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import samples
from digitrec.web.draw.fabric import from_fabric, to_fabric


@pytest.mark.parametrize("digit", range(10))
def test_strokes_survive_a_round_trip(digit):
    assert from_fabric(to_fabric(samples()[digit])) == samples()[digit]


def test_a_tap_becomes_a_drawable_path():
    (item,) = to_fabric((Stroke(((50, 60),), 20),))

    assert item["path"] == [["M", 50, 60], ["L", 50, 60]]


def test_other_objects_are_ignored():
    assert from_fabric([{"type": "Rect"}, {"type": "Path", "path": []}]) == ()
    assert not render(from_fabric([]), 28).any()


@pytest.mark.parametrize(
    "change",
    [
        {"strokeWidth": 4_000_000},
        {"strokeWidth": float("nan")},
        {"strokeWidth": "20"},
        {"path": [["M", 50, float("nan")], ["L", 90, 50]]},
        {"path": [["M", 50, 1e308], ["L", 90, 1e308]]},
        {"path": [["M", 10**400, 50], ["L", 90, 50]]},
        {"path": [["M", "50", "50"], ["L", 90, 50]]},
        {"path": [["M"]]},
        {"path": [["M", 0, 0]] * 20_001},
        {"fill": "x" * 2**18},
    ],
)
def test_stroke_that_fits_on_no_canvas_is_refused(change):
    (item,) = to_fabric((Stroke(((50, 50), (90, 50)), 10),))

    with pytest.raises(DrawingError):
        from_fabric([item | change])


def test_as_many_strokes_as_the_limit_are_accepted():
    objects = to_fabric([Stroke(((50, 50), (90, 50)), 10)] * 500)

    assert len(from_fabric(objects)) == 500
    with pytest.raises(DrawingError):
        from_fabric([*objects, objects[0]])
