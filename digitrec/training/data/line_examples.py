"""Generate the training examples of the line model, new ones in every epoch."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from digitrec.datasets.digits import Digits
from digitrec.datasets.pen_strokes import PenDigit
from digitrec.imaging.line.detection import line_from_drawing
from digitrec.imaging.line.straightening import STRIP_HEIGHT, straighten
from digitrec.training.augmentation.lines import LineGenerator, PenStrokes, pen_strokes
from digitrec.training.augmentation.paper_noise import add_paper_noise, add_stray_marks
from digitrec.training.augmentation.strokes import Ink, Random

STRAY_SHARE = 0.3
EMPTY_SHARE = 0.02
_PARTS = 16


@dataclass(frozen=True, slots=True)
class Strips:
    """Network inputs (32, width), each with its own width, and their texts."""

    images: list[NDArray[np.uint8]]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)


def make_strips(generator: LineGenerator, count: int, random: Random) -> Strips:
    """Return strips of ``count`` lines, each once as drawn on a canvas and once as photographed from paper."""
    images, texts = [], []
    for _ in range(count):
        line = generator.number(random)
        text = line.text
        drawn = _strip(line.ink, random)
        photographed = _strip(add_stray_marks(line.ink, random), random) if random.random() < STRAY_SHARE else drawn
        if random.random() < EMPTY_SHARE:
            drawn, text = np.zeros_like(drawn), ""
            photographed = drawn
        # CTC needs a column for a blank between equal neighbors, and some at both ends.
        if min(drawn.shape[1], photographed.shape[1]) >= 4 * len(text) + 4:
            for image in (drawn, add_paper_noise(photographed, random)):
                images.append(np.round(image * 255).astype(np.uint8))
                texts.append(text)
    return Strips(images, texts)


def make_epoch(scans: Digits, pens: Sequence[PenDigit], count: int, seed: int, epoch: int) -> Strips:
    """Return the strips of ``count`` lines, generated on all processors and the same for the same seed and epoch."""
    # A process forked while TensorFlow's threads run would hang.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _start, (scans, pen_strokes(pens))) as workers:
        parts = list(
            workers.map(_make_part, [(seed, epoch, part) for part in range(_PARTS)], [count // _PARTS] * _PARTS)
        )
    return Strips([image for part in parts for image in part.images], [text for part in parts for text in part.texts])


def _strip(ink: Ink, random: Random) -> NDArray[np.float32]:
    strip, _ = straighten(line_from_drawing(np.pad(ink, ((0, 0), tuple(random.integers(0, 12, 2))))))
    return np.zeros((STRIP_HEIGHT, STRIP_HEIGHT), np.float32) if strip is None else strip.image


_generator: LineGenerator
"""One per worker process: sending the data with every part would take longer than generating the part."""


def _start(scans: Digits, pens: list[PenStrokes]) -> None:
    global _generator
    cv2.setNumThreads(1)
    _generator = LineGenerator(scans, pens)


def _make_part(seed: tuple[int, int, int], count: int) -> Strips:
    return make_strips(_generator, count, np.random.default_rng(seed))
