"""Image files in every supported format, and ways to damage them."""

from functools import cache

import numpy as np
from PIL import Image

from tests.support.pictures import drawing_png, encode_image, photo


@cache
def sample_files():
    """Return a small file of every format and mode, small so that a changed byte is likely to matter."""
    small = photo(7, size=(640, 480)).resize((160, 120))
    transparent = small.convert("RGBA")
    transparent.putalpha(small)
    deep = Image.fromarray(np.asarray(small).astype(np.uint16) * 250)
    floats = np.asarray(small).astype(np.float32)
    floats[::7, ::5] = np.nan
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a digit"
    return (
        encode_image(small),
        encode_image(small.convert("1")),
        encode_image(small.convert("P")),
        encode_image(transparent),
        encode_image(deep),
        encode_image(small, "JPEG", exif=exif),
        encode_image(small.convert("CMYK"), "JPEG"),
        encode_image(small, "JPEG", progressive=True),
        encode_image(small.convert("RGB"), "WEBP"),
        encode_image(transparent, "WEBP", lossless=True),
        encode_image(small, "BMP"),
        encode_image(small, "GIF", save_all=True, append_images=[small]),
        encode_image(small, "TIFF", compression="tiff_lzw"),
        encode_image(small.convert("1"), "TIFF", compression="group4"),
        encode_image(Image.fromarray(floats), "TIFF"),
        encode_image(small.convert("RGB"), "AVIF"),
        encode_image(small.convert("RGB"), "HEIF"),
        drawing_png(5),
    )


def mutate(data, random):
    """Return the file with random damage: truncated, or with bits flipped or parts zeroed, repeated or replaced."""
    file = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        if not file:
            break
        at = int(random.integers(len(file)))
        # Bytes of the header matter more than those of pixels.
        if random.random() < 0.6:
            at = min(at, int(random.integers(1, 120)), len(file) - 1)
        match int(random.integers(6)):
            case 0:
                del file[at:]
            case 1:
                file[at] ^= 1 << int(random.integers(8))
            case 2:
                file[at] = int(random.choice((0, 1, 127, 128, 254, 255)))
            case 3:
                file[at : at + int(random.integers(1, 30))] = bytes(int(random.integers(1, 30)))
            case 4:
                file[at:at] = file[at : at + int(random.integers(1, 60))]
            case _:
                file[at : at + 4] = random.bytes(4)
    return bytes(file)
