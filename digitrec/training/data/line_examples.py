"""The strips a network that reads lines learns from: new ones in every epoch."""

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
from digitrec.training.augmentation.lines import Writers, movements
from digitrec.training.augmentation.paper_noise import on_paper, strayed
from digitrec.training.augmentation.strokes import Ink, Line, Random

STRAY_SHARE = 0.3
EMPTY_SHARE = 0.02
_PARTS = 16


@dataclass(frozen=True, slots=True)
class Strips:
    """Network inputs (32, width), each of a width of its own, and what they say."""

    pictures: list[NDArray[np.uint8]]
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)


def strips(writers: Writers, count: int, random: Random) -> Strips:
    """Strips of as many lines as asked for, each as on a canvas and as from paper."""
    pictures, texts = [], []
    for _ in range(count):
        number = writers.number(random)
        text = number.text
        drawn = _strip(number.ink, random)
        on_sheet = _strip(strayed(number.ink, random), random) if random.random() < STRAY_SHARE else drawn
        if random.random() < EMPTY_SHARE:
            drawn, text = np.zeros_like(drawn), ""
            on_sheet = drawn
        # Between equal neighbours, and around all, the network has to have room to say nothing.
        if min(drawn.shape[1], on_sheet.shape[1]) >= 4 * len(text) + 4:
            for picture in (drawn, on_paper(on_sheet, random)):
                pictures.append(np.round(picture * 255).astype(np.uint8))
                texts.append(text)
    return Strips(pictures, texts)


def _strip(ink: Ink, random: Random) -> NDArray[np.float32]:
    strip, _ = straighten(line_from_drawing(np.pad(ink, ((0, 0), tuple(random.integers(0, 12, 2))))))
    return np.zeros((STRIP_HEIGHT, STRIP_HEIGHT), np.float32) if strip is None else strip.image


def epoch_of_strips(scanned: Digits, pens: Sequence[PenDigit], count: int, seed: int, epoch: int) -> Strips:
    """The strips of so many lines for one epoch, made on all processors; the same ones whenever they are asked for."""
    # Processes forked from one with TensorFlow's threads in it would hang.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _begin, (scanned, movements(pens))) as workers:
        made = list(workers.map(_part, [(seed, epoch, part) for part in range(_PARTS)], [count // _PARTS] * _PARTS))
    return Strips(
        [picture for part in made for picture in part.pictures], [text for part in made for text in part.texts]
    )


_writers: Writers
"""Of a process that makes strips: handing them over with every part would take longer than making it."""


def _begin(scanned: Digits, pens: list[tuple[int, int, list[Line]]]) -> None:
    global _writers
    cv2.setNumThreads(1)
    _writers = Writers(scanned, pens)


def _part(seed: tuple[int, int, int], count: int) -> Strips:
    return strips(_writers, count, np.random.default_rng(seed))
