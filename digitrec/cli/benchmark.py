"""``benchmark``: measure the speed of recognition."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.cli.arguments import whole_number
from digitrec.config import settings
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.strokes import render
from digitrec.prediction import InputMethod
from digitrec.samples import CANVAS_SIDE, NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number

HELP = "Measure the speed of recognizing drawings, photos, numbers and batches, and compare it with plain Keras."
NUMBER = "20261947"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument("--repeat", type=whole_number, default=1000, help="repetitions per measurement (default 1000)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.imaging.files.decode import decode_drawing
    from digitrec.imaging.normalize import normalize
    from digitrec.recognition.digit_recognizer import DigitRecognizer
    from digitrec.recognition.feature_maps import load_feature_maps
    from digitrec.recognition.models.digit_model import load_digit_model
    from digitrec.recognition.saliency import explain
    from digitrec.recognition.timing import BATCH_SIZE, digits_per_second
    from digitrec.server.cores import available_cores

    models = settings().models
    recognizer = DigitRecognizer(load_digit_model(arguments.model, models))
    cores = available_cores()
    classifier = recognizer.model.classifier
    rate = digits_per_second(classifier.classify, threads=cores, seconds=2)
    print(f"{rate:,.0f} digits per second in batches of {BATCH_SIZE} on {cores} cores")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    pngs = [strokes_to_png(strokes) for strokes in samples().values()]
    inks = [decode_drawing(png)[0] for png in pngs]
    images = [normalize(ink)[0][np.newaxis] for ink in inks]

    repeat = arguments.repeat
    # Slow measurements are repeated a tenth or a hundredth as often.
    fewer, few = -(-repeat // 10), -(-repeat // 100)
    print(f"{repeat} repetitions, {len(pngs)} drawings of {CANVAS_SIDE}×{CANVAS_SIDE} pixels, one core, milliseconds")
    measure("decode PNG", decode_drawing, pngs, repeat)
    measure("preprocess", normalize, inks, repeat)
    measure("inference", classifier.classify, images, repeat)
    ours = measure("recognize digit", lambda png: recognizer.recognize(png, InputMethod.CANVAS), pngs, repeat)
    measure("saliency", lambda image: explain(classifier, image[0]), images, fewer)
    if maps := load_feature_maps(arguments.model, models):
        measure("feature maps", lambda image: maps.compute(image[0]), images, repeat)
    measure_photos(lambda file: recognizer.recognize(file, InputMethod.UPLOAD), few)
    measure_numbers(models, repeat)
    compare_with_keras(models / arguments.model, pngs, fewer, ours)
    return 0


def measure_photos(recognize: Callable[[bytes], object], repeat: int) -> None:
    for size, formats in (((1600, 1200), ("JPEG",)), ((4000, 3000), ("JPEG", "PNG", "WEBP", "HEIF", "AVIF"))):
        for file_format in formats:
            photos = [synthesize_photo(size, file_format)]
            measure(f"recognize photo, {size[0]}×{size[1]}, {file_format}", recognize, photos, repeat)


def measure_numbers(models: Path, repeat: int) -> None:
    from digitrec.recognition.models.line_model import load_line_model
    from digitrec.recognition.number_recognizer import NumberRecognizer

    recognizer, strokes = NumberRecognizer(load_line_model(models)), write_number(NUMBER, samples())
    drawings = [strokes_to_png(strokes, NUMBER_CANVAS_WIDTH)]
    name = f"recognize number, {len(NUMBER)} digits, {NUMBER_CANVAS_WIDTH}×{CANVAS_SIDE}"
    measure(name, lambda png: recognizer.recognize(png, InputMethod.CANVAS), drawings, repeat)
    photos = [synthesize_photo((4000, 3000), "JPEG", render(strokes, CANVAS_SIDE, NUMBER_CANVAS_WIDTH))]
    name = "recognize number, photo, 4000×3000, JPEG"
    measure(name, lambda file: recognizer.recognize(file, InputMethod.UPLOAD), photos, 20)


def compare_with_keras(folder: Path, pngs: Sequence[bytes], repeat: int, ours: float) -> None:
    """Print how long plain Keras takes with the model in ``folder``, compared with ``ours`` in milliseconds."""
    try:
        from digitrec.training.plain_keras import plain_keras
    except ImportError:
        print("Install TensorFlow to compare with Keras: pip install -r requirements.txt")
        return
    keras = measure("plain Keras: resize, model.predict", plain_keras(folder), pngs, repeat)
    print(f"plain Keras takes {keras / ours:.0f} times as long")


def synthesize_photo(size: tuple[int, int], file_format: str, ink: NDArray[np.uint8] | None = None) -> bytes:
    """Return an image file with ink (a 5 by default) on unevenly lit, grainy paper."""
    width, height = size
    ink = render(samples()[5], CANVAS_SIDE) if ink is None else ink
    paper = 190 + np.linspace(-30, 30, width) + np.random.default_rng(0).normal(0, 3, (height, width))
    scale = 0.8 * min(width / ink.shape[1], height / ink.shape[0])
    ink_width, ink_height = round(ink.shape[1] * scale), round(ink.shape[0] * scale)
    strength = np.asarray(Image.fromarray(ink).resize((ink_width, ink_height)), np.float32) / 255
    top, left = (height - ink_height) // 2, (width - ink_width) // 2
    paper[top : top + ink_height, left : left + ink_width] *= 1 - 0.7 * strength
    photo = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).convert("RGB")
    return encode_image(photo, file_format, quality=80)


def measure(name: str, function: Callable[[Any], object], inputs: Sequence[Any], repeat: int) -> float:
    """Print the median and the 95th percentile of the duration in milliseconds, and return the median."""
    from digitrec.recognition.timing import time_calls

    p50, p95 = np.percentile(time_calls(function, inputs, repeat), [50, 95])
    print(f"  {name:<45} p50 {p50:8.3f}   p95 {p95:8.3f}", flush=True)
    return float(p50)
