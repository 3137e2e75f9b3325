"""Image files of every kind, and damaged ones."""

import numpy as np
from PIL import Image

from tests.support.pictures import drawing_png, encoded, photo


def seeds():
    """A file of every format and mode, small, so that a changed byte is likely to matter."""
    small = photo(7, size=(640, 480)).resize((160, 120))
    transparent = small.convert("RGBA")
    transparent.putalpha(small)
    deep = Image.fromarray(np.asarray(small).astype(np.uint16) * 250)
    numbers = np.asarray(small).astype(np.float32)
    numbers[::7, ::5] = np.nan
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a digit"
    return [
        encoded(small),
        encoded(small.convert("1")),
        encoded(small.convert("P")),
        encoded(transparent),
        encoded(deep),
        encoded(small, "JPEG", exif=exif),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small, "JPEG", progressive=True),
        encoded(small.convert("RGB"), "WEBP"),
        encoded(transparent, "WEBP", lossless=True),
        encoded(small, "BMP"),
        encoded(small, "GIF", save_all=True, append_images=[small]),
        encoded(small, "TIFF", compression="tiff_lzw"),
        encoded(small.convert("1"), "TIFF", compression="group4"),
        encoded(Image.fromarray(numbers), "TIFF"),
        encoded(small.convert("RGB"), "AVIF"),
        encoded(small.convert("RGB"), "HEIF"),
        drawing_png(5),
    ]


def mutated(data, random):
    """The file cut, with bits turned, with parts zeroed, swapped, repeated or put in front of another."""
    file = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        if not file:
            break
        at = int(random.integers(len(file)))
        # Headers decide more than pixels do.
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
