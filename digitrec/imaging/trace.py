"""Draw the preprocessing steps of a prediction."""

from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from digitrec.prediction import Step

MARK_COLOR = (255, 140, 0)  # Color of marks in images: visible on white, black and gray.
_BACKGROUND = (128, 128, 128)
_CAPTION_HEIGHT = 84
_GAP = 16


def render_step(step: Step, side: int, boxes: Sequence[tuple[float, float, float, float]] = ()) -> Image.Image:
    """Return the image of a step, at most ``side`` pixels per side, with its box, its point and ``boxes`` drawn on it.

    Small images are enlarged by a whole factor, so that each pixel stays a crisp square.
    """
    image = Image.fromarray(step.image)
    longest = max(image.size)
    if longest > side:
        image.thumbnail((side, side))
    elif side // longest > 1:
        image = image.resize([length * (side // longest) for length in image.size], Image.Resampling.NEAREST)
    boxes = [*boxes, step.box] if step.box else boxes
    if not boxes and not step.point:
        return image
    marked = image.convert("RGB")
    scale = marked.width / step.image.shape[1]
    draw = ImageDraw.Draw(marked)
    line_width = max(1, min(marked.size) // 80)
    for box in boxes:
        left, top, right, bottom = (length * scale for length in box)
        # A thin stroke in a large image is less than a pixel wide here.
        corner = max(left, right - 1), max(top, bottom - 1)
        draw.rectangle((left, top, *corner), outline=MARK_COLOR, width=line_width)
    if step.point:
        x, y = (length * scale for length in step.point)
        arm = side / 12
        draw.line((x - arm, y, x + arm, y), MARK_COLOR, line_width)
        draw.line((x, y - arm, x, y + arm), MARK_COLOR, line_width)
    return marked


def draw_steps(steps: Sequence[Step], side: int = 280, columns: int = 4) -> Image.Image:
    """Return one image of all steps with their names and reasons, in rows of ``columns``; a line has its own row."""
    row_width = columns * (side + _GAP) - _GAP
    placed: list[tuple[int, int, int, int, Image.Image]] = []
    column, top, cell_height = 0, _GAP, 0
    for step in steps:
        height, width = step.image.shape[:2]
        is_line = width > 2 * height
        if column and (is_line or column == columns):
            column, top = 0, top + cell_height + _CAPTION_HEIGHT
        cell_width = row_width if is_line else side
        image = render_step(step, cell_width)
        cell_height = image.height if is_line else side
        placed.append((_GAP + column * (side + _GAP), top, cell_width, cell_height, image))
        column = columns if is_line else column + 1
    sheet = Image.new("RGB", (row_width + 2 * _GAP, top + cell_height + _CAPTION_HEIGHT), "white")
    draw = ImageDraw.Draw(sheet)
    title, text = ImageFont.load_default(16), ImageFont.load_default(13)
    for number, (step, (left, top, width, height, image)) in enumerate(zip(steps, placed, strict=True), 1):
        draw.rectangle((left, top, left + width - 1, top + height - 1), _BACKGROUND)
        sheet.paste(image, (left + (width - image.width) // 2, top + (height - image.height) // 2))
        draw.text((left, top + height + 4), f"{number}. {step.name}", "black", title)
        draw.multiline_text((left, top + height + 26), "\n".join(wrap(step.reason, width // 7)), "black", text)
    return sheet
