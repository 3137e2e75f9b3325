"""Decode image files to grayscale, in this process.

Use it for trusted files, such as training data, and for drawings. Other files go through ``decoder_pool.py``, which
calls this module in separate processes unless a file is as small as a drawing.
"""

import io
import re
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from digitrec.errors import ImageError
from digitrec.imaging.arrays import Gray, Ink
from digitrec.prediction import Step

SUFFIXES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif")
"""File name extensions of the supported formats. The format itself is detected from the content."""

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000  # For trusted files; for others, it is a setting.
MAX_ASPECT = 50  # Longest accepted side, relative to the shorter one.
WORKING_SIDE = 1000  # Larger images are scaled down to this longer side, in pixels.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "HEIF", "AVIF")
_MAX_SCANS = 50  # Progressive JPEG files have about ten, and each takes as long as all of a plain file.
_JPEG = b"\xff\xd8"
# Stuffed zeros, restart markers and fill bytes may be part of a scan; other markers can't.
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_SCAN, _END = 0xDA, 0xD9
_PNG = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_CHUNK_FRAME = 12  # Bytes of the length, the name and the checksum of a chunk.
_MAX_DRAWING_SIDE = 2000
_MAX_DRAWING_BYTES = 2**20
_PREFIX_BYTES = 16  # What Pillow looks at to find the format.
_LOW_CONTRAST = 80  # If brightness varies by less than this, a single color channel may separate ink from paper better.

register_heif_opener()
# decode_color checks the number of pixels before it decodes, so Pillow's own later check is not needed.
Image.MAX_IMAGE_PIXELS = None


class ColorImage(NamedTuple):
    """A decoded image file."""

    pixels: NDArray[np.uint8]  # RGB (height, width, 3), upright and at most 1000 pixels per side.
    file_format: str
    width: int  # In the file, as is the height.
    height: int


def decode_drawing(png: bytes) -> tuple[Ink, tuple[Step, ...]]:
    """Return the ink of a canvas drawing, white on black, and its step. Raises ImageError if it isn't one."""
    image = _open_drawing(png)
    try:
        ink = np.asarray(image.convert("L"))
    except Exception as error:
        raise _damaged() from error
    return ink, (Step("Drawing", ink, f"white on black, {image.width}×{image.height} pixels"),)


def drawing_size(png: bytes) -> tuple[int, int]:
    """Return the width and height in pixels of a canvas drawing. Raises ImageError if it isn't one."""
    return _open_drawing(png).size


def decode_image(data: bytes) -> tuple[Gray, tuple[Step, ...]]:
    """Return the brightness of an image file, upright and at most 1000 pixels per side, and the steps that led to it.

    Only the first frame of an animation is used. Transparent parts become white, or black if the visible parts are
    light. Color profiles are ignored. Raises ImageError if the file is too large, not an image, damaged, or has too
    many pixels or too narrow a shape.
    """
    return to_gray(decode_color(data, MAX_PIXELS))


def decode_color(data: bytes, max_pixels: int) -> ColorImage:
    """Decode the colors of an image file. Raises ImageError as ``decode_image`` does."""
    if len(data) > MAX_BYTES:
        raise ImageError(f"This file is too large. Use an image of at most {MAX_BYTES // 2**20} MB.", "too_large")
    image = _open(data, _FORMATS)
    width, height = image.size
    size = f"{width}×{height}"
    if width * height > max_pixels:
        message = f"This image is too large ({size} pixels). Use one with at most {max_pixels // 10**6} megapixels."
        raise ImageError(message, "too_many_pixels")
    if max(image.size) > MAX_ASPECT * min(image.size):
        raise ImageError(f"This image is too narrow ({size} pixels). Crop it less tightly.", "too_narrow")
    if data.startswith(_JPEG) and _scans(data) > _MAX_SCANS:
        raise too_complex()
    # Many phones append more pictures to a JPEG file, which Pillow then calls MPO.
    file_format = "JPEG" if image.format == "MPO" else str(image.format)
    try:
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
        # The orientation comes first, because a converted image may lack it.
        image = _resizable(ImageOps.exif_transpose(image))
        image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
        color = _without_transparency(image).convert("RGB")
    except MemoryError as error:
        raise too_complex() from error
    except Exception as error:  # Decoders raise all kinds of errors for damaged files.
        raise _damaged() from error
    return ColorImage(np.asarray(color), file_format, width, height)


def is_small_png(data: bytes) -> bool:
    """Return whether a file is a PNG without metadata and as small as a drawing, which is cheap to decode."""
    if len(data) > _MAX_DRAWING_BYTES or _without_metadata(data) != data:
        return False
    with suppress(ImageError):
        return max(_open(data, ("PNG",)).size) <= _MAX_DRAWING_SIDE
    return False


def _without_metadata(png: bytes) -> bytes:
    """Return a PNG file with nothing but its pixels: texts and color profiles may unpack to a gigabyte."""
    parts, position = [png[: len(_PNG)]], len(_PNG)
    while position < len(png):
        end = position + _CHUNK_FRAME + int.from_bytes(png[position : position + 4])
        if png[position + 4 : position + 8] in _PIXEL_CHUNKS:
            parts.append(png[position:end])
        position = end
    return b"".join(parts)


def to_gray(image: ColorImage) -> tuple[Gray, tuple[Step, ...]]:
    """Return the brightness of a decoded image file, and the steps that led to it.

    If brightness varies little, the color channel with the highest contrast takes its place.
    """
    gray, reason = np.asarray(Image.fromarray(image.pixels).convert("L")), "brightness of each pixel"
    spread = np.ptp(gray)
    if spread < _LOW_CONTRAST:
        channels = {name: image.pixels[..., index] for index, name in enumerate(("red", "green", "blue"))}
        name, channel = max(channels.items(), key=lambda item: np.ptp(item[1]))
        # Yellow on white or red on green, for example, are colors of similar brightness.
        if np.ptp(channel) > 2 * spread:
            gray, reason = np.ascontiguousarray(channel), f"{name} channel, where ink and paper differ most"
    color = Step("Input", image.pixels, f"{image.file_format}, {image.width}×{image.height} pixels")
    return gray, (color, Step("Grayscale", gray, reason))


def too_complex() -> ImageError:
    """Return the error for an image that takes too much time or memory."""
    return ImageError("This image takes too long to open. Save it as a plain JPEG or PNG.", "too_complex")


def _scans(jpeg: bytes) -> int:
    """Return the number of scans of the first image in a JPEG file."""
    position, scans = len(_JPEG), 0
    while (found := _JPEG_MARKER.search(jpeg, position)) and (marker := found[1][0]) != _END:
        scans += marker == _SCAN
        # Skip the whole segment: it may hold a thumbnail with scans of its own.
        position = found.end() + int.from_bytes(jpeg[found.end() : found.end() + 2])
    return scans


def _open(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    if not data:
        raise ImageError("This file is empty. Save or download it again.", "not_a_picture")
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except Exception as error:  # As in decode_color.
        # Pillow identifies a format by opening the file, which fails too if it is cut off.
        if isinstance(error, UnidentifiedImageError) and not _begins_like(data, formats):
            message = "Unsupported file type. Use PNG, JPEG, WebP, HEIC, AVIF, TIFF, BMP or GIF."
            raise ImageError(message, "not_a_picture") from error
        # For a large WebP file, Pillow asks for its memory here, and reports a lack of it as damage.
        raise ImageError("This image is damaged or too large. Save it as a smaller JPEG or PNG.", "damaged") from error


def _begins_like(data: bytes, formats: tuple[str, ...]) -> bool:
    Image.init()
    accepts = [Image.OPEN[name][1] for name in formats]
    return any(accept and accept(data[:_PREFIX_BYTES]) for accept in accepts)


def _open_drawing(png: bytes) -> Image.Image:
    too_large = ImageError("This drawing is larger than any canvas. Upload it as an image instead.", "too_large")
    if len(png) > _MAX_DRAWING_BYTES:
        raise too_large
    image = _open(_without_metadata(png), ("PNG",))
    if max(image.size) > _MAX_DRAWING_SIDE:
        raise too_large
    return image


def _damaged() -> ImageError:
    return ImageError("This image is damaged. Save it again or take another photo.", "damaged")


def _resizable(image: Image.Image) -> Image.Image:
    """Convert the image to a mode with 8 bits per channel that Pillow can resize by averaging."""
    if image.mode in ("1", "P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith(("I", "F")):
        return _eight_bit(image)
    return image


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale down an image with 16 or 32 bits per pixel and stretch its values to 0 to 255."""
    deep = np.asarray(image)
    # Averaging blocks first saves memory: as 32-bit floats, a large image would take a gigabyte.
    block = max(1, max(deep.shape) // WORKING_SIDE)
    height, width = (max(1, side // block) for side in deep.shape)
    rows, columns = min(block, deep.shape[0]), min(block, deep.shape[1])
    blocks = deep[: height * rows, : width * columns].reshape(height, rows, width, columns)
    with np.errstate(over="ignore", invalid="ignore"):
        pixels = blocks.mean((1, 3), dtype=np.float32)
    finite = pixels[np.isfinite(pixels)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    span = high - low
    if not 0 < span < np.inf:
        return Image.new("L", (width, height))
    stretched = np.clip(np.nan_to_num(pixels, nan=low, posinf=high, neginf=low) - low, 0, span) * (255 / span)
    return Image.fromarray(stretched.astype(np.uint8))


def _without_transparency(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data or (image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255)):
        return image
    pixels = np.asarray(image.convert("LA"), np.float32)
    gray, alpha = pixels[..., 0], pixels[..., 1] / 255.0
    visible_brightness = float((gray * alpha).sum() / max(float(alpha.sum()), 1.0))
    background = 255 if visible_brightness < 128 else 0
    opaque = Image.new("RGBA", image.size, (background, background, background, 255))
    opaque.alpha_composite(image.convert("RGBA"))
    return opaque
