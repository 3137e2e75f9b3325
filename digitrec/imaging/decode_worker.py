"""The process in which ``decoder_pool.py`` decodes image files: ``python -m digitrec.imaging.decode_worker PIXELS``.

It imports no more than decoding needs. On standard input comes one image file after the other; on standard output goes
what became of it. Nothing is pickled, because this process may do whatever a file makes it do.

* A request is the size of the file, and the file.
* An answer is the size of a JSON object, the object, and the pixels if there are any. The object has the fields of
  ``ColorImage``, with the shape in place of the pixels, or the ``message`` and ``reason`` of an ``ImageError``.
"""

import json
import signal
import struct
import sys
from typing import BinaryIO

import pillow_heif
from PIL import AvifImagePlugin

from digitrec.errors import ImageError
from digitrec.imaging.decode import decode_color

SIZE = struct.Struct("!I")
READY = b"ready"  # Sent once, before the first answer.
SECONDS = 5  # For decoding one image.
# Address space: for Python and the libraries, and for each pixel, of which WebP takes 15 bytes.
_LIBRARY_BYTES = 256 * 2**20
_BYTES_PER_PIXEL = 16


def main() -> None:
    """Answer requests until standard input ends."""
    max_pixels = int(sys.argv[1])
    _limit_memory(_LIBRARY_BYTES + _BYTES_PER_PIXEL * max_pixels)
    # One core for each image, as for everything else that is admitted.
    pillow_heif.options.DECODE_THREADS = AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while request := source.read(SIZE.size):
        (size,) = SIZE.unpack(request)
        _set_alarm(SECONDS + 1)
        _answer(target, source.read(size), max_pixels)
        _set_alarm(0)


def _answer(target: BinaryIO, data: bytes, max_pixels: int) -> None:
    pixels = b""
    try:
        image = decode_color(data, max_pixels)
    except ImageError as error:
        answer = {"message": str(error), "reason": error.reason}
    else:
        pixels, shape = image.pixels.tobytes(), image.pixels.shape
        answer = image._asdict() | {"pixels": shape}
    header = json.dumps(answer).encode()
    target.write(SIZE.pack(len(header)) + header + pixels)
    target.flush()


def _limit_memory(limit: int) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits.
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # macOS doesn't enforce this one.
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(hard, limit)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _set_alarm(seconds: int) -> None:
    """End the process after so many seconds, in case the server that would end it is gone; 0 calls it off."""
    # Not on Windows. The default action ends the process even while a C library decodes.
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
