"""The process in which ``decoder_pool.py`` decodes files: ``python -m digitrec.imaging.files.decode_worker PIXELS``.

It imports only what decoding needs, reads requests from standard input and writes answers to standard output. Nothing
is pickled, because a hostile file may take control of this process.

* A request is the size of a file, followed by the file.
* An answer is the size of a JSON object, followed by the object and, if there are any, the pixels. The object has the
  fields of ``ColorImage`` with the shape in place of the pixels, or ``message`` and ``reason`` of an ``ImageError``.
"""

import json
import struct
import sys
from typing import BinaryIO

import pillow_heif
from PIL import AvifImagePlugin

from digitrec.errors import ImageError
from digitrec.imaging.files.decode import decode_color
from digitrec.server.limited_process import limit_growth

SIZE = struct.Struct("!I")
READY = b"ready"  # Sent once, when the process is ready.
# Address space beyond what the libraries take: for each pixel (WebP takes the most, 15 bytes), and for everything else.
_BYTES_PER_PIXEL = 16
_OTHER_BYTES = 192 * 2**20


def main() -> None:
    """Answer requests until standard input ends."""
    max_pixels = int(sys.argv[1])
    limit_growth(_BYTES_PER_PIXEL * max_pixels + _OTHER_BYTES)
    # Each admitted request has one core.
    pillow_heif.options.DECODE_THREADS = AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(READY)
    target.flush()
    while request := source.read(SIZE.size):
        (size,) = SIZE.unpack(request)
        _answer(target, source.read(size), max_pixels)


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


if __name__ == "__main__":
    main()
