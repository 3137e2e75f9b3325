import pytest

from digitrec.recognition.timing import digits_per_second, measure_speed, time_calls
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number

pytestmark = pytest.mark.slow


def test_speed_is_measured_with_progress(recognizer):
    progress = []

    speed = measure_speed(recognizer, [strokes_to_png(strokes) for strokes in samples().values()], progress.append)

    assert min(speed.inference, speed.recognition, speed.digits_per_second) > 0
    assert progress == sorted(progress) and progress[0] == 0 and 0.9 <= progress[-1] < 1


def test_line_speed_is_measured_with_progress(number_recognizer):
    progress = []

    drawing = strokes_to_png(write_number("17", samples()), NUMBER_CANVAS_WIDTH)
    speed = measure_speed(number_recognizer, [drawing], progress.append)

    assert min(speed.inference, speed.recognition) > 0
    assert progress == sorted(progress) and progress[0] == 0 and 0.9 <= progress[-1] < 1


def test_warm_up_round_is_not_counted():
    calls = []

    assert len(time_calls(calls.append, ["a", "b"], 5)) == 5
    assert "".join(calls) == "abababa"


def test_only_whole_batches_are_counted():
    calls = []

    assert digits_per_second(calls.append, threads=2, seconds=0.01) > 0
    assert all(len(batch) == 256 for batch in calls)
