"""Pictures that tests make from digitrec's own drawings."""

import base64
import io

import numpy as np
from PIL import Image

from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import SIDE, png, samples
from digitrec.ui.fabric import to_fabric


def encoded(image, file_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def drawing_png(digit):
    """A canvas drawing: white on black, as the browser sends it."""
    return png(samples()[digit])


def photo(digit, *, paper=215, ink=60, size=(640, 480), slope=60, noise=6, seed=0):
    """Brightness (height, width) of dark ink on unevenly lit paper with some noise."""
    width, height = size
    strength = np.zeros((height, width), np.float32)
    drawn = Image.fromarray(render(samples()[digit], SIDE))
    strength[80 : 80 + SIDE, 150 : 150 + SIDE] = np.asarray(drawn, np.float32) / 255
    light = np.linspace(-slope / 2, slope / 2, width)[np.newaxis]
    grain = np.random.default_rng(seed).normal(0, noise, strength.shape)
    brightness = paper + light - strength * (paper - ink) + grain
    return Image.fromarray(np.clip(brightness, 0, 255).astype(np.uint8))


def canvas_state(strokes: tuple[Stroke, ...]):
    """The value the canvas component has once these strokes are drawn on it."""
    return {
        "drawing": {
            "raw": {"objects": to_fabric(strokes)},
            "data": "data:image/png;base64," + base64.b64encode(png(strokes)).decode(),
        },
        "backgroundFit": None,
    }


def unipen(writer, digit, shift=(0, 0)):
    """One of our digits in the form of the tablet: y up, in a box of 500 by 500."""
    strokes = "".join(
        ".PEN_DOWN\n"
        + "".join(f" {round(x + shift[0])}  {round(400 - y + shift[1])}\n" for x, y in stroke.points)
        + ".PEN_UP\n.DT 100\n"
        for stroke in samples()[digit]
    )
    return f'.SEGMENT DIGIT    0 ? "{digit}"\n.COMMENT {digit} {writer}  224\n{strokes}\n'
