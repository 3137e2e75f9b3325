"""Test images made from the sample drawings."""

import base64
from functools import cache

import numpy as np
from PIL import Image

from digitrec.imaging.arrays import bounding_box
from digitrec.imaging.files.encode import encode_image
from digitrec.imaging.strokes import Stroke, render
from digitrec.samples import CANVAS_SIDE, ink_to_png, samples, strokes_to_png
from digitrec.web.draw.fabric import to_fabric


@cache
def drawing_png(digit):
    """Return a canvas drawing as the browser sends it: white on black."""
    return strokes_to_png(samples()[digit])


def photo(digit, *, size=(640, 480), slope=60, noise=6):
    """Return a grayscale photo of a digit: dark ink on unevenly lit, noisy paper."""
    width, height = size
    strength = np.zeros((height, width), np.float32)
    drawn = Image.fromarray(render(samples()[digit], CANVAS_SIDE))
    strength[80 : 80 + CANVAS_SIDE, 150 : 150 + CANVAS_SIDE] = np.asarray(drawn, np.float32) / 255
    light = np.linspace(-slope / 2, slope / 2, width)[np.newaxis]
    grain = np.random.default_rng(0).normal(0, noise, strength.shape)
    brightness = 215 + light - strength * 155 + grain
    return Image.fromarray(np.clip(brightness, 0, 255).astype(np.uint8))


def data_url(png):
    """Return a PNG file as the browser sends it in JSON."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def part_with_ink(strokes: tuple[Stroke, ...]):
    """Return the part of a drawing with ink as a data URL, as the browser sends it for a preview of a digit."""
    ink = render(strokes, CANVAS_SIDE)
    return data_url(ink_to_png(ink[bounding_box(ink)]))


def canvas_state(strokes: tuple[Stroke, ...], width: int = CANVAS_SIDE, **key: str):
    """Return the value of the canvas component after these strokes were drawn, perhaps in a drawing with a new key."""
    state = canvas_value(to_fabric(strokes), strokes_to_png(strokes, width))
    state["drawing"]["raw"].update(key)
    return state


def canvas_value(objects, png):
    """Return the value of the canvas component with these fabric.js objects and this image."""
    return {"drawing": {"raw": {"objects": objects}, "data": data_url(png)}, "backgroundFit": None}


def unipen_segment(writer, digit, shift=(0, 0)):
    """Return a sample digit in UNIPEN format: y points up, within 500×500."""
    strokes = "".join(
        ".PEN_DOWN\n"
        + "".join(f" {round(x + shift[0])}  {round(400 - y + shift[1])}\n" for x, y in stroke.points)
        + ".PEN_UP\n.DT 100\n"
        for stroke in samples()[digit]
    )
    return f'.SEGMENT DIGIT    0 ? "{digit}"\n.COMMENT {digit} {writer}  224\n{strokes}\n'


def number_ink(digits, height, gap=None):
    """Return the ink of sample digits side by side, and the box of each: left, top, right, bottom."""
    gap = height // 4 if gap is None else gap
    inks = []
    for digit in digits:
        ink = render(samples()[int(digit)], CANVAS_SIDE)
        ink = ink[bounding_box(ink)]
        width = max(1, round(ink.shape[1] * height / ink.shape[0]))
        inks.append(np.asarray(Image.fromarray(ink).resize((width, height))))
    line = np.zeros((2 * height, sum(ink.shape[1] + gap for ink in inks) + 2 * height), np.uint8)
    left, top, boxes = height, height // 2, []
    for ink in inks:
        right = left + ink.shape[1]
        line[top : top + height, left:right] = np.maximum(line[top : top + height, left:right], ink)
        boxes.append((left, top, right, top + height))
        left = right + gap
    return line, boxes


def tilt_upward(ink):
    """Return ink that slopes upward by 15 pixels per 100 pixels."""
    tilted = np.zeros((340, ink.shape[1]), np.uint8)
    for column in range(ink.shape[1]):
        top = 200 - round(0.15 * column)
        tilted[top : top + len(ink), column] = ink[:, column]
    return tilted


def number_photo(digits):
    """Return a JPEG photo of a number made of sample digits."""
    return encode_image(Image.fromarray(on_paper(number_ink(digits, 90)[0])[0]), "JPEG")


def on_paper(ink, paper=215, darkness=150):
    """Return the brightness of unevenly lit, grainy paper with this ink, and the row and column of the ink."""
    height, width = ink.shape[0] + 200, ink.shape[1] + 260
    strength = np.zeros((height, width), np.float32)
    strength[90 : 90 + ink.shape[0], 110 : 110 + ink.shape[1]] = ink / np.float32(255)
    grain = np.random.default_rng(0).normal(0, 3, strength.shape)
    gray = paper + np.linspace(-20, 20, width) - darkness * strength + grain
    return np.clip(gray, 0, 255).astype(np.uint8), (90, 110)
