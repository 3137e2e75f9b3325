"""Decode untrusted image files. All but small PNG files go to separate processes with limits on time and memory.

A hostile file can keep a decoder busy for minutes, take gigabytes of memory or exploit a bug in a C library. Python
can't interrupt a thread that decodes, but it can kill a process and start another.
"""

import atexit
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from math import prod
from queue import LifoQueue
from threading import Timer
from typing import IO

import numpy as np

from digitrec.config import ROOT, settings
from digitrec.errors import Busy, DigitrecError, ImageError
from digitrec.imaging.arrays import Gray
from digitrec.imaging.files.decode import WORKING_SIDE, ColorImage, decode_color, is_small_png, to_gray, too_complex
from digitrec.imaging.files.decode_worker import READY, SIZE
from digitrec.prediction import Step
from digitrec.server.cores import available_cores

_PIXELS_AT_ONCE = 96_000_000  # In all processes together, unless a setting allows more than half of that in one image.
_MIN_PROCESSES = 2
_SECONDS = 5  # Time limit for one image.
_START_SECONDS = 60
_MAX_JSON_BYTES = 1000
_ENVIRONMENT = {
    # Return only large blocks to the system: requesting them again takes as long as decoding.
    "MALLOC_MMAP_THRESHOLD_": str(8 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
    # Unused threads take address space.
    "OPENBLAS_NUM_THREADS": "1",
}
_COMMAND = (sys.executable, "-W", "ignore", "-m", "digitrec.imaging.files.decode_worker")

logger = logging.getLogger(__name__)


def decode_untrusted(data: bytes) -> tuple[Gray, tuple[Step, ...]]:
    """Decode as ``decode_image`` does, and also raise ImageError if that takes too much time or memory."""
    if is_small_png(data):
        # Passing it to another process would take longer than decoding it.
        return to_gray(decode_color(data, _max_pixels()))
    return to_gray(decoder_pool().decode(data))


class DecoderPool:
    """A pool of decoder processes, each started when it is first needed.

    There is one per core, but no more than can decode the largest images with at most 96 million pixels in all, so
    that the memory they take doesn't grow with the number of cores.
    """

    def __init__(self, max_pixels: int, seconds: float = _SECONDS) -> None:
        """Limit the pixels of an image, and the seconds that decoding it may take."""
        processes = max(_MIN_PROCESSES, min(available_cores(), _PIXELS_AT_ONCE // max_pixels))
        self._decoders = [_Decoder(max_pixels, seconds) for _ in range(processes)]
        self._idle: LifoQueue[_Decoder] = LifoQueue()
        for decoder in self._decoders:
            self._idle.put(decoder)
        self._is_closed = False

    def decode(self, data: bytes) -> ColorImage:
        """Decode as ``decode_color`` does, once a process is free. Raises Busy if the pool is closed."""
        decoder = self._idle.get()
        try:
            if self._is_closed:
                raise Busy("The server is stopping. Try again in a minute.", 60)
            return decoder.decode(data)
        finally:
            self._idle.put(decoder)

    def close(self) -> None:
        """Kill the processes, even while they decode."""
        self._is_closed = True
        for decoder in self._decoders:
            decoder.kill()


@cache
def decoder_pool() -> DecoderPool:
    """Return the pool of this process."""
    pool = DecoderPool(_max_pixels())
    atexit.register(pool.close)
    return pool


def _max_pixels() -> int:
    return settings().max_megapixels * 10**6


class _Decoder:
    """One process, used by one thread at a time and replaced when it ends."""

    def __init__(self, max_pixels: int, seconds: float) -> None:
        self._max_pixels, self._seconds = max_pixels, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes) -> ColorImage:
        process = self._start()
        assert process.stdin and process.stdout
        try:
            with self._killed_after(self._seconds):
                process.stdin.write(SIZE.pack(len(data)))
                process.stdin.write(data)
                process.stdin.flush()
                answer = _read_answer(process.stdout)
        except BaseException as error:
            # Otherwise a late answer would be mistaken for the answer to the next image.
            self.kill()
            if not isinstance(error, Exception):
                raise
            logger.warning("Replaced a decoder that took too long or crashed: %r", error)
            raise too_complex() from error
        if isinstance(answer, ImageError):
            raise answer
        return answer

    def kill(self) -> None:
        if self._process:
            # Leaving the context closes the pipes, which fails if data is still waiting to be sent.
            with suppress(BrokenPipeError), self._process:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process unless it is running, and return it."""
        if self._process and self._process.poll() is None:
            return self._process
        self.kill()
        self._process = process = subprocess.Popen(
            (*_COMMAND, str(self._max_pixels)),
            cwd=ROOT,
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Libraries may write anything here, such as parts of the file.
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout
        with self._killed_after(_START_SECONDS):
            if process.stdout.read(len(READY)) != READY:
                raise DigitrecError(
                    "Images can't be decoded. To see why, run: python -m digitrec.imaging.files.decode_worker 1"
                )
        return process

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        timer = Timer(seconds, self.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # If it was too late to cancel, wait for the kill, so that it can't hit the next process.
            timer.join()


def _read_answer(source: IO[bytes]) -> ColorImage | ImageError:
    """Return the answer of a process, checked in every part because a hostile file may control the process."""
    (size,) = SIZE.unpack(source.read(SIZE.size))
    if size > _MAX_JSON_BYTES:
        raise ValueError(f"an answer of {size} bytes")
    fields = json.loads(source.read(size))
    if "message" in fields:
        return ImageError(str(fields["message"]), str(fields["reason"]))
    rows, columns, channels = shape = tuple(map(int, fields["pixels"]))
    if not (0 < rows <= WORKING_SIDE and 0 < columns <= WORKING_SIDE and channels == 3):
        raise ValueError(f"an image of shape {shape}")
    pixels = np.frombuffer(source.read(prod(shape)), np.uint8).reshape(shape)
    return ColorImage(pixels, str(fields["file_format"]), int(fields["width"]), int(fields["height"]))
