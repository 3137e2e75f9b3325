"""Measure the speed of a model on this machine."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.line.straightening import straighten
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer, preprocess
from digitrec.recognition.number_recognizer import NumberRecognizer, preprocess_line

BATCH_SIZE = 256
_ROUNDS = 20
_MIN_CALLS = 5
_BATCH_SECONDS = 0.05


class Speed(NamedTuple):
    """The speed of a model on one core."""

    inference: float  # Median time to run the network on one digit or one line, in milliseconds.
    recognition: float  # Median time from the PNG of a drawing to its prediction, in milliseconds.
    digits_per_second: float  # Throughput of a digit model in batches of ``BATCH_SIZE``, 0 for the line model.


def measure_speed(recognizer: DigitRecognizer | NumberRecognizer, drawings: Sequence[bytes]) -> Speed:
    """Measure the speed of a model on drawings (PNG files with ink) within a few seconds.

    The measurements alternate, so that a short load on the machine affects all of them alike.
    """
    run: Callable[[NDArray[np.float32]], object]
    if isinstance(recognizer, NumberRecognizer):
        run = recognizer.model.network.predict_columns
        strips = [straighten(preprocess_line(drawing, InputMethod.CANVAS)[0])[0] for drawing in drawings]
        inputs = [strip.image for strip in strips if strip]
    else:
        run = recognizer.model.classifier.classify
        inputs = [preprocess(drawing, InputMethod.CANVAS)[0][np.newaxis] for drawing in drawings]
    calls = max(len(drawings), _MIN_CALLS)
    inference, recognition, rates = [], [], []
    for _ in range(_ROUNDS):
        inference.append(time_calls(run, inputs, calls))
        recognition.append(time_calls(lambda png: recognizer.recognize(png, InputMethod.CANVAS), drawings, calls))
        if not isinstance(recognizer, NumberRecognizer):
            rates.append(digits_per_second(run, threads=1, seconds=_BATCH_SECONDS))
    throughput = float(np.median(rates)) if rates else 0.0
    return Speed(float(np.median(inference)), float(np.median(recognition)), throughput)


def time_calls(function: Callable[[Any], object], inputs: Sequence[Any], repeat: int) -> NDArray[np.float64]:
    """Return the duration of each call in milliseconds, after one warm-up round through the inputs."""
    durations = []
    for call in range(repeat + len(inputs)):
        start = perf_counter()
        function(inputs[call % len(inputs)])
        durations.append((perf_counter() - start) * 1e3)
    return np.array(durations[len(inputs) :])


def digits_per_second(classify: Callable[[Any], object], *, threads: int, seconds: float) -> float:
    """Measure how many digits per second several threads classify in batches, for about ``seconds``."""
    batch = np.random.default_rng(0).random((BATCH_SIZE, 28, 28), np.float32)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(classify, [batch] * threads))
        start = perf_counter()
        done = 0
        while not done or perf_counter() - start < seconds:
            list(pool.map(classify, [batch] * threads))
            done += threads * BATCH_SIZE
        return done / (perf_counter() - start)
