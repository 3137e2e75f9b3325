"""How fast a model reads on this machine."""

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
"""How often a line is read in each round."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What a model takes on one core."""

    inference: float
    """The median of one digit through the network, in milliseconds."""
    recognition: float
    """The median of one drawing from its PNG to the answer, in milliseconds."""
    digits_per_second: float
    """In batches of ``BATCH``."""


def measure_speed(
    recognizer: DigitRecognizer, drawings: Sequence[bytes], progress: Callable[[float], object] = lambda done: None
) -> Speed:
    """How fast a model reads drawings (PNG files), within a few seconds; ``progress`` is told the share that is done.

    What is measured takes turns, so that something else that is busy for a moment slows all of it alike.
    """
    classify = recognizer.model.classifier.classify
    images = [preprocess(drawing, InputMethod.CANVAS)[0][np.newaxis] for drawing in drawings]
    inference, recognition, rates = [], [], []
    for done in range(_ROUNDS):
        progress(done / _ROUNDS)
        inference.append(time_calls(classify, images, len(images)))
        recognition.append(
            time_calls(lambda drawing: recognizer.recognize(drawing, InputMethod.CANVAS), drawings, len(drawings))
        )
        rates.append(digits_per_second(classify, threads=1, seconds=_BATCH_SECONDS))
    return Speed(float(np.median(inference)), float(np.median(recognition)), float(np.median(rates)))


@dataclass(frozen=True, slots=True)
class LineSpeed:
    """What a model of lines takes on one core."""

    inference: float
    """The median of one line through the network, in milliseconds."""
    recognition: float
    """The median of one drawing of a line from its PNG to the answer, in milliseconds."""


def measure_line_speed(
    recognizer: NumberRecognizer, drawing: bytes, progress: Callable[[float], object] = lambda done: None
) -> LineSpeed:
    """How fast a model reads the drawing of a line (a PNG file), as ``measured_speed`` measures it."""
    strip, _ = straighten(preprocess_line(drawing, InputMethod.CANVAS)[0])
    if strip is None:
        raise ValueError("there is nothing on the drawing")
    inference, recognition = [], []
    for done in range(_ROUNDS):
        progress(done / _ROUNDS)
        inference.append(time_calls(recognizer.model.network.predict_columns, [strip.image], _LINES))
        recognition.append(time_calls(lambda line: recognizer.recognize(line, InputMethod.CANVAS), [drawing], _LINES))
    return LineSpeed(float(np.median(inference)), float(np.median(recognition)))


def time_calls(function: Callable[[Any], object], inputs: Sequence[Any], repeat: int) -> NDArray[np.float64]:
    """How long each call took in milliseconds, the first round through the inputs left out."""
    taken = []
    for turn in range(repeat + len(inputs)):
        start = perf_counter()
        function(inputs[turn % len(inputs)])
        taken.append((perf_counter() - start) * 1e3)
    return np.array(taken[len(inputs) :])


def digits_per_second(classify: Callable[[Any], object], *, threads: int, seconds: float) -> float:
    """How many digits a second are classified in batches by so many threads, measured for so long."""
    batch = np.random.default_rng(0).random((BATCH_SIZE, 28, 28), np.float32)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(classify, [batch] * threads))
        start = perf_counter()
        done = 0
        while perf_counter() - start < seconds:
            list(pool.map(classify, [batch] * threads))
            done += threads * BATCH_SIZE
        return done / (perf_counter() - start)
