"""Encode images as files and as data URLs."""

import base64
import io
from typing import Any

from PIL import Image


def encode_image(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    """Return an image as a file; ``options`` are Pillow's for this format."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_url(image: Image.Image, **options: Any) -> str:
    """Return an image as a data URL with a PNG file, encoded as ``encode_image`` does."""
    return "data:image/png;base64," + base64.b64encode(encode_image(image, **options)).decode()
