"""From the bytes of an image file to brightness."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from digitrec.errors import ImageError
from digitrec.prediction import Step

SUFFIXES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "avif")
"""How the files that are read end; what they are is told by their bytes."""

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
MAX_ASPECT = 50
"""How many times as long as it is wide a picture may be."""
WORKING_SIDE = 1000
"""Larger pictures are made this small; JPEG itself then decodes one of 4000 pixels at a quarter of its size."""
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "HEIF", "AVIF")
_DRAWING_SIDE = 2000
_LITTLE_SPREAD = 80
_CHANNELS = ("red", "green", "blue")

register_heif_opener()
# Pillow would warn, and refuse later than we do: before decoding, every picture is measured against MAX_PIXELS.
Image.MAX_IMAGE_PIXELS = None


def decode_drawing(png: bytes) -> tuple[NDArray[np.uint8], tuple[Step, ...]]:
    """The ink (height, width) of a canvas drawing, white strokes on black, and its step.

    Ink is 0 where the paper is and 255 where the pen was.

    Raises:
        ImageError: the bytes are not a picture, or one larger than any canvas.
    """
    image = _open(png)
    if max(image.size) > _DRAWING_SIDE:
        raise ImageError("The drawing is larger than any canvas. Upload it as a picture instead.", "too_large")
    try:
        ink = np.asarray(image.convert("L"))
    except Exception as error:
        raise _damaged() from error
    return ink, (Step("Drawing", ink, f"white ink on black, {image.width} x {image.height} pixels"),)


def decode_image(data: bytes) -> tuple[NDArray[np.uint8], tuple[Step, ...]]:
    """The brightness (height, width) of a picture file, upright and at most 1000 pixels a side, and its steps.

    Of several frames it is the first. Transparent parts count as white, or as black where what is visible is light.
    Colour profiles are passed over.

    Raises:
        ImageError: the bytes are too many, no picture, damaged, or a picture of too many pixels or too narrow.
    """
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"The file is too large: {MAX_BYTES // 2**20} MB are the most. Send a smaller picture.", "too_large"
        )
    image = _open(data)
    size = f"{image.width} x {image.height}"
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"The picture is {size} pixels, and {MAX_PIXELS // 10**6} million are the most. Make it smaller first.",
            "too_many_pixels",
        )
    if max(image.size) > MAX_ASPECT * min(image.size):
        raise ImageError(
            f"The picture is {size} pixels, a strip with no room for a digit. Cut it out wider.", "too_narrow"
        )
    file_format = image.format
    try:
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
        image = ImageOps.exif_transpose(_resizable(image))
        image.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
        color = _without_transparency(image).convert("RGB")
    except Exception as error:  # Of a damaged file, decoders raise errors of every kind.
        raise _damaged() from error
    pixels = np.asarray(color)
    gray, reason = _grey(color, pixels)
    return gray, (
        Step("Input", pixels, f"{file_format}, {size} pixels"),
        Step("Greyscale", gray, reason),
    )


def _grey(color: Image.Image, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    brightness = np.asarray(color.convert("L"))
    spread = np.ptp(brightness)
    if spread < _LITTLE_SPREAD:
        channel = int(np.ptp(pixels, (0, 1)).argmax())
        if np.ptp(pixels[..., channel]) > 2 * spread:
            # Yellow on white, or red on green: colours of like brightness.
            return np.ascontiguousarray(
                pixels[..., channel]
            ), f"by its {_CHANNELS[channel]}: ink and paper are as bright"
    return brightness, "brightness tells ink from paper"


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Exception as error:  # As above.
        raise ImageError(
            "This is not a picture digitrec can read. Send a PNG, JPEG, WebP, HEIC, AVIF, BMP, GIF or TIFF.",
            "not_a_picture",
        ) from error


def _damaged() -> ImageError:
    return ImageError("The picture is damaged and cannot be opened. Save or photograph it again.", "damaged")


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode that Pillow averages over pixels in, eight bits a channel."""
    if image.mode in ("1", "P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith(("I", "F")):
        return _eight_bit(image)
    return image


def _eight_bit(image: Image.Image) -> Image.Image:
    deep = np.asarray(image)
    # Averaged over blocks first: in 32 bits, all of a large picture would take a gigabyte.
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
    ground = 255 if visible_brightness < 128 else 0
    opaque = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    opaque.alpha_composite(image.convert("RGBA"))
    return opaque
