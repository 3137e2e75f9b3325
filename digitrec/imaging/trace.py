"""The trace of what was done to a picture."""

from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from digitrec.prediction import Step

MARK_COLOR = (255, 140, 0)
"""The colour of what is drawn onto a picture to show where something is: seen on white, on black and on grey."""
_GROUND = (128, 128, 128)
_CAPTION = 84
_GAP = 16


def render_step(step: Step, side: int, boxes: Sequence[tuple[float, float, float, float]] = ()) -> Image.Image:
    """The picture of a step with what it found drawn onto it, at most ``side`` pixels a side.

    ``boxes``, like its own, are what else was found there. Small pictures grow by a whole factor, so that each of their
    pixels stays a crisp square.
    """
    picture = Image.fromarray(step.image)
    longest = max(picture.size)
    if longest > side:
        picture.thumbnail((side, side))
    elif side // longest > 1:
        picture = picture.resize([length * (side // longest) for length in picture.size], Image.Resampling.NEAREST)
    boxes = [*boxes, step.box] if step.box else boxes
    if not boxes and not step.point:
        return picture
    marked = picture.convert("RGB")
    scale = marked.width / step.image.shape[1]
    draw = ImageDraw.Draw(marked)
    thick = max(1, min(marked.size) // 80)
    for box in boxes:
        left, top, right, bottom = (length * scale for length in box)
        draw.rectangle((left, top, right - 1, bottom - 1), outline=MARK_COLOR, width=thick)
    if step.point:
        x, y = (length * scale for length in step.point)
        arm = side / 12
        draw.line((x - arm, y, x + arm, y), MARK_COLOR, thick)
        draw.line((x, y - arm, x, y + arm), MARK_COLOR, thick)
    return marked


def draw_steps(steps: Sequence[Step], side: int = 280, columns: int = 4) -> Image.Image:
    """All steps in one picture, in rows of ``columns``, each with its name and its reason.

    A picture of a line, more than twice as wide as high, has a row of its own.
    """
    whole = columns * (side + _GAP) - _GAP
    placed: list[tuple[int, int, int, int, Image.Image]] = []
    column, top, high = 0, _GAP, 0
    for step in steps:
        height, width = step.image.shape[:2]
        is_line = width > 2 * height
        if column and (is_line or column == columns):
            column, top = 0, top + high + _CAPTION
        wide = whole if is_line else side
        picture = render_step(step, wide)
        high = picture.height if is_line else side
        placed.append((_GAP + column * (side + _GAP), top, wide, high, picture))
        column = columns if is_line else column + 1
    sheet = Image.new("RGB", (whole + 2 * _GAP, top + high + _CAPTION), "white")
    draw = ImageDraw.Draw(sheet)
    title, text = ImageFont.load_default(16), ImageFont.load_default(13)
    for number, (step, (left, top, wide, high, picture)) in enumerate(zip(steps, placed, strict=True), 1):
        draw.rectangle((left, top, left + wide - 1, top + high - 1), _GROUND)
        sheet.paste(picture, (left + (wide - picture.width) // 2, top + (high - picture.height) // 2))
        draw.text((left, top + high + 4), f"{number}. {step.name}", "black", title)
        draw.multiline_text((left, top + high + 26), "\n".join(wrap(step.reason, wide // 7)), "black", text)
    return sheet
