"""Files and messages that are small to send and expensive to handle."""

import math
import struct
import zlib

import numpy as np
from PIL import Image

from tests.support.pictures import canvas_value, drawing_png, encode_image

_SCAN = b"\xff\xda"
_HUFFMAN_TABLES = b"\xff\xc4"
_END = b"\xff\xd9"


def flat_image(megapixels, file_format="PNG", mode="RGB", **options):
    """Return a square file with one color, which compresses to almost nothing."""
    side = math.isqrt(round(megapixels * 1e6))
    return encode_image(Image.new(mode, (side, side)), file_format, **options)


def progressive_jpeg(scans, megapixels=24):
    """Return a JPEG file with this many scans, at least ten, each of which a decoder applies to all pixels."""
    file = flat_image(megapixels, "JPEG", "L", progressive=True)
    # The last scan refines all coefficients by one bit. Decoders only warn if it comes again.
    last = file.rindex(_HUFFMAN_TABLES, 0, file.rindex(_SCAN))
    refinement = file[last:].removesuffix(_END)
    return file.removesuffix(_END) + (scans - file.count(_SCAN)) * refinement + _END


def dots(width, height):
    """Return ink of single pixels that don't touch, some of them in every row and column."""
    rows, columns = np.indices((height, width))
    return np.where((columns + 2 * rows) % 5, 0, 255).astype(np.uint8)


def blank_png(width, height):
    """Return a black PNG file with one bit for each pixel, without making an image of that size."""
    compressor = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def with_text(png, megabytes=50):
    """Return a PNG file with a text that unpacks to this size."""
    header_end = 33
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(megabytes * 2**20), 9))
    return png[:header_end] + text + png[header_end:]


def _chunk(name, data):
    return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))


def json_with_unknown_keys(keys):
    """Return a JSON object with this many keys that the API doesn't know."""
    return b"{" + b",".join(b'"%x":0' % number for number in range(keys)) + b"}"


def large_canvas_value(strokes, stroke_width=20, image=None, points=2):
    """Return the value of the canvas component with this many short strokes and an unrelated image, a PNG."""
    path = [["M", 90, 90], *(["L", 190, 190 - point] for point in range(points - 1))]
    stroke = {"type": "Path", "strokeWidth": stroke_width, "path": path}
    return canvas_value([stroke] * strokes, image or drawing_png(7))
