import pytest

from digitrec.recognition.timing import digits_per_second, measure_speed, time_calls
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number

pytestmark = pytest.mark.slow


@pytest.mark.full
def test_speed_of_a_digit_model_is_measured(recognizer):
    speed = measure_speed(recognizer, [strokes_to_png(strokes) for strokes in samples().values()])

    assert min(speed.inference, speed.recognition, speed.digits_per_second) > 0


def test_speed_of_the_line_model_is_measured(number_recognizer):
    drawing = strokes_to_png(write_number("17", samples()), NUMBER_CANVAS_WIDTH)
    speed = measure_speed(number_recognizer, [drawing])

    assert min(speed.inference, speed.recognition) > 0


def test_warm_up_round_is_not_counted():
    calls = []

    assert len(time_calls(calls.append, ["a", "b"], 5)) == 5
    assert "".join(calls) == "abababa"


def test_only_whole_batches_are_counted():
    calls = []

    assert digits_per_second(calls.append, threads=2, seconds=0.01) > 0
    assert all(len(batch) == 256 for batch in calls)
