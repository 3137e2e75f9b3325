"""Measure the speed of a model on this machine."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging.line.straightening import straighten
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer, preprocess
from digitrec.recognition.number_recognizer import NumberRecognizer, preprocess_line

BATCH_SIZE = 256
_ROUNDS = 20
_BATCH_SECONDS = 0.05
_LINES = 5
"""Repetitions per round for a line."""


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of a digit model on one core."""

    inference: float
    """Median time to classify one digit, in milliseconds."""
    recognition: float
    """Median time from the PNG of a drawing to its prediction, in milliseconds."""
    digits_per_second: float
    """Throughput in batches of ``BATCH_SIZE``."""


def measure_speed(
    recognizer: DigitRecognizer, drawings: Sequence[bytes], progress: Callable[[float], object] = lambda done: None
) -> Speed:
    """Measure the speed of a digit model on drawings (PNG files) within a few seconds.

    The measurements alternate, so that a short load on the machine affects all of them alike. ``progress`` is called
    with the share that is done, 0 to 1.
    """
    classify = recognizer.model.classifier.classify
    images = [preprocess(drawing, InputMethod.CANVAS)[0][np.newaxis] for drawing in drawings]
    inference, recognition, rates = [], [], []
    for completed in range(_ROUNDS):
        progress(completed / _ROUNDS)
        inference.append(time_calls(classify, images, len(images)))
        recognition.append(
            time_calls(lambda drawing: recognizer.recognize(drawing, InputMethod.CANVAS), drawings, len(drawings))
        )
        rates.append(digits_per_second(classify, threads=1, seconds=_BATCH_SECONDS))
    return Speed(float(np.median(inference)), float(np.median(recognition)), float(np.median(rates)))


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """The speed of the line model on one core."""

    inference: float
    """Median time to run the network on one line, in milliseconds."""
    recognition: float
    """Median time from the PNG of a drawing to its prediction, in milliseconds."""


def measure_line_speed(
    recognizer: NumberRecognizer, drawing: bytes, progress: Callable[[float], object] = lambda done: None
) -> LineSpeed:
    """Measure the speed of the line model on a drawing (a PNG file), as ``measure_speed`` does."""
    strip, _ = straighten(preprocess_line(drawing, InputMethod.CANVAS)[0])
    if strip is None:
        raise ValueError("the drawing is blank")
    inference, recognition = [], []
    for completed in range(_ROUNDS):
        progress(completed / _ROUNDS)
        inference.append(time_calls(recognizer.model.network.predict_columns, [strip.image], _LINES))
        recognition.append(time_calls(lambda line: recognizer.recognize(line, InputMethod.CANVAS), [drawing], _LINES))
    return LineSpeed(float(np.median(inference)), float(np.median(recognition)))


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
        while perf_counter() - start < seconds:
            list(pool.map(classify, [batch] * threads))
            done += threads * BATCH_SIZE
        return done / (perf_counter() - start)
