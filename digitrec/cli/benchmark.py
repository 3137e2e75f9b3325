"""``benchmark``: time the reading of a drawing."""

import argparse
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitrec.cli.arguments import positive
from digitrec.settings import settings

HELP = "Time the reading of a 280x280 canvas drawing on one core, beside the usual way with Keras."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument("--repeat", type=positive, default=1000, help="readings of each kind (default 1000)")


def run(arguments: argparse.Namespace) -> int:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    from digitrec.imaging.decode import decode_drawing
    from digitrec.imaging.normalize import normalize
    from digitrec.recognition.models import KERAS_FILE, load_model
    from digitrec.recognition.recognition import Source
    from digitrec.recognition.recognizer import Recognizer
    from digitrec.samples import SIDE, png, samples

    models = settings().models
    recognizer = Recognizer(load_model(arguments.model, models))
    pngs = [png(strokes) for strokes in samples().values()]
    inks = [decode_drawing(png)[0] for png in pngs]
    images = [normalize(ink)[0][np.newaxis] for ink in inks]

    repeat = arguments.repeat
    print(f"{repeat} readings of {len(pngs)} drawings of {SIDE}x{SIDE} pixels, one core, milliseconds")
    report("decode the PNG", times(decode_drawing, pngs, repeat))
    report("preprocess", times(normalize, inks, repeat))
    report("infer", times(recognizer.model.classifier.classify, images, repeat))
    ours = report("the whole reading", times(lambda png: recognizer.read(png, Source.CANVAS), pngs, repeat))

    try:
        from digitrec.training.usual import usual_reader
    except ImportError:
        print("For the comparison with Keras, install TensorFlow: pip install -r requirements.txt")
        return 0
    usual = usual_reader(models / arguments.model / KERAS_FILE)
    theirs = report("the usual way: resize, Keras model.predict", times(usual, pngs, max(20, repeat // 10)))
    print(f"the usual way takes {theirs / ours:.0f} times as long")
    return 0


def times(function: Callable[[Any], object], inputs: list[Any], repeat: int) -> NDArray[np.float64]:
    """How long each call took in milliseconds, the first round through the inputs left out."""
    taken = []
    for turn in range(repeat + len(inputs)):
        start = perf_counter()
        function(inputs[turn % len(inputs)])
        taken.append((perf_counter() - start) * 1e3)
    return np.array(taken[len(inputs) :])


def report(name: str, taken: NDArray[np.float64]) -> float:
    """Print the median and the 95th percentile, and return the median."""
    median = float(np.median(taken))
    print(f"  {name:<45} p50 {median:8.3f}   p95 {np.percentile(taken, 95):8.3f}")
    return median
