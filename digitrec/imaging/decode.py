"""From the bytes of an image file to brightness."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from digitrec.errors import ImageError
from digitrec.imaging.steps import Step

SUFFIXES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")
"""How the files that are read end; what they are is told by their bytes."""

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_WORKING_SIDE = 1024
_DAMAGED = "The picture is damaged and cannot be opened. Save or photograph it again."


def decode_drawing(png: bytes) -> tuple[NDArray[np.uint8], tuple[Step, ...]]:
    """The ink (height, width) of a canvas drawing, white strokes on black, and its step.

    Ink is 0 where the paper is and 255 where the pen was.

    Raises:
        ImageError: the bytes are not a picture.
    """
    image = _open(png)
    try:
        ink = np.asarray(image.convert("L"))
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageError(_DAMAGED) from error
    return ink, (Step("Drawing", ink, f"white ink on black, {image.width} x {image.height} pixels"),)


def decode_picture(data: bytes) -> tuple[NDArray[np.uint8], tuple[Step, ...]]:
    """The brightness (height, width) of a picture file, upright and at most 1024 pixels a side, and its steps.

    Transparent parts count as white, or as black where what is visible is light.

    Raises:
        ImageError: the bytes are too many, no picture, damaged, or a picture of too many pixels.
    """
    if len(data) > MAX_BYTES:
        raise ImageError(f"The file is too large: {MAX_BYTES // 2**20} MB are the most. Send a smaller picture.")
    image = _open(data)
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"The picture is {image.width} x {image.height} pixels, and {MAX_PIXELS // 10**6} million are the most. "
            "Make it smaller first."
        )
    file_format = image.format
    size = f"{image.width} x {image.height}"
    try:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
        image = ImageOps.exif_transpose(image)
        image.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
        image = _without_transparency(image)
        if image.mode.startswith(("I", "F")):
            image = _eight_bit(image)
        colour = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(_DAMAGED) from error
    grey = np.asarray(colour.convert("L"))
    return grey, (
        Step("Input", np.asarray(colour), f"{file_format}, {size} pixels"),
        Step("Greyscale", grey, "brightness alone tells ink from paper"),
    )


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError("The picture has far too many pixels. Make it smaller first.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageError(
            "This is not a picture digitrec can read. Send a PNG, JPEG, WebP, BMP, GIF or TIFF."
        ) from error


def _without_transparency(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    pixels = np.asarray(image.convert("LA"), np.float32)
    grey, alpha = pixels[..., 0], pixels[..., 1] / 255.0
    visible_brightness = float((grey * alpha).sum() / max(float(alpha.sum()), 1.0))
    ground = 255 if visible_brightness < 128 else 0
    opaque = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    opaque.alpha_composite(image.convert("RGBA"))
    return opaque


def _eight_bit(image: Image.Image) -> Image.Image:
    pixels = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
    low, high = float(pixels.min()), float(pixels.max())
    stretched = (pixels - low) / max(high - low, 1e-9)
    return Image.fromarray((stretched * 255).astype(np.uint8))
