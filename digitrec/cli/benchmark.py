"""``benchmark``: time the reading of a drawing."""

import argparse
import io
import os

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitrec.cli.arguments import positive
from digitrec.config import settings
from digitrec.imaging.strokes import render
from digitrec.samples import CANVAS_SIDE, samples

HELP = "Time the reading of drawings, photographs, numbers and batches, beside the usual way with Keras."
NUMBER = "20261947"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default=settings().model, help="name of the model (default %(default)s)")
    parser.add_argument("--repeat", type=positive, default=1000, help="readings of each kind (default 1000)")


def run(arguments: argparse.Namespace) -> int:
    from digitrec.imaging.decode import decode_drawing
    from digitrec.imaging.normalize import normalize
    from digitrec.prediction import InputMethod
    from digitrec.recognition.digit_recognizer import DigitRecognizer
    from digitrec.recognition.feature_maps import load_feature_maps
    from digitrec.recognition.models.digit_model import KERAS_FILE, load_digit_model
    from digitrec.recognition.models.line_model import load_line_model
    from digitrec.recognition.number_recognizer import NumberRecognizer
    from digitrec.recognition.saliency import explain
    from digitrec.recognition.timing import BATCH_SIZE, digits_per_second, time_calls
    from digitrec.samples import ink_to_png, strokes_to_png
    from digitrec.server.cores import available_cores

    models = settings().models
    recognizer = DigitRecognizer(load_digit_model(arguments.model, models))
    cores = available_cores()
    classifier = recognizer.model.classifier
    rate = digits_per_second(classifier.classify, threads=cores, seconds=2)
    print(f"{rate:,.0f} digits a second in batches of {BATCH_SIZE} on {cores} cores")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    pngs = [strokes_to_png(strokes) for strokes in samples().values()]
    inks = [decode_drawing(png)[0] for png in pngs]
    images = [normalize(ink)[0][np.newaxis] for ink in inks]

    repeat = arguments.repeat
    # Of what takes long, a tenth and a hundredth as many.
    fewer, few = -(-repeat // 10), -(-repeat // 100)
    print(f"{repeat} readings of {len(pngs)} drawings of {CANVAS_SIDE}x{CANVAS_SIDE} pixels, one core, milliseconds")
    report("decode the PNG", time_calls(decode_drawing, pngs, repeat))
    report("preprocess", time_calls(normalize, inks, repeat))
    report("infer", time_calls(classifier.classify, images, repeat))
    ours = report(
        "the whole reading", time_calls(lambda png: recognizer.recognize(png, InputMethod.CANVAS), pngs, repeat)
    )

    report("explain the answer", time_calls(lambda image: explain(classifier, image[0]), images, fewer))
    if maps := load_feature_maps(arguments.model, models):
        report("feature maps of every convolution", time_calls(lambda image: maps.compute(image[0]), images, repeat))

    for size, formats in (((1600, 1200), ("JPEG",)), ((4000, 3000), ("JPEG", "PNG", "WEBP", "HEIF", "AVIF"))):
        for file_format in formats:
            photographs = [photograph(size, file_format)]
            name = f"a photograph of {size[0]}x{size[1]}, {file_format}"
            report(name, time_calls(lambda file: recognizer.recognize(file, InputMethod.UPLOAD), photographs, few))

    lines = NumberRecognizer(load_line_model(models))
    drawn = number_ink()
    name = f"a number of {len(NUMBER)} digits, drawn on {drawn.shape[1]}x{drawn.shape[0]}"
    report(name, time_calls(lambda png: lines.recognize(png, InputMethod.CANVAS), [ink_to_png(drawn)], repeat))
    photographs = [photograph((4000, 3000), "JPEG", drawn)]
    report(
        "one photographed, 4000x3000, JPEG",
        time_calls(lambda file: lines.recognize(file, InputMethod.UPLOAD), photographs, 20),
    )

    try:
        from digitrec.training.naive_reader import usual_reader
    except ImportError:
        print("For the comparison with Keras, install TensorFlow: pip install -r requirements.txt")
        return 0
    usual = usual_reader(models / arguments.model / KERAS_FILE)
    theirs = report("the usual way: resize, Keras model.predict", time_calls(usual, pngs, fewer))
    print(f"the usual way takes {theirs / ours:.0f} times as long")
    return 0


def number_ink() -> NDArray[np.uint8]:
    """The ink (240, 720) of a number drawn on a wide canvas."""
    ink = np.zeros((240, 720), np.uint8)
    for place, digit in enumerate(NUMBER):
        left = 20 + 84 * place
        ink[72:168, left : left + 96] |= np.asarray(
            Image.fromarray(render(samples()[int(digit)], CANVAS_SIDE)).resize((96, 96))
        )
    return ink


def photograph(size: tuple[int, int], file_format: str, drawn: NDArray[np.uint8] | None = None) -> bytes:
    """The file of a photograph of ink, else of a 5, on unevenly lit, grainy paper."""
    width, height = size
    drawn = render(samples()[5], CANVAS_SIDE) if drawn is None else drawn
    paper = 190 + np.linspace(-30, 30, width) + np.random.default_rng(0).normal(0, 3, (height, width))
    scale = 0.8 * min(width / drawn.shape[1], height / drawn.shape[0])
    inked = round(drawn.shape[1] * scale), round(drawn.shape[0] * scale)
    ink = np.asarray(Image.fromarray(drawn).resize(inked), np.float32) / 255
    top, left = (height - inked[1]) // 2, (width - inked[0]) // 2
    paper[top : top + inked[1], left : left + inked[0]] *= 1 - 0.7 * ink
    buffer = io.BytesIO()
    Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)).convert("RGB").save(buffer, file_format, quality=80)
    return buffer.getvalue()


def report(name: str, taken: NDArray[np.float64]) -> float:
    """Print the median and the 95th percentile, and return the median."""
    median = float(np.median(taken))
    print(f"  {name:<45} p50 {median:8.3f}   p95 {np.percentile(taken, 95):8.3f}")
    return median
