"""Take a screenshot and an animation of the running app for the README: ``make pictures``."""

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page

from digitrec.imaging.strokes import Stroke
from digitrec.samples import samples
from tests.support.app import draw, open_app, running_app, running_browser

FOLDER = Path(__file__).parent


def main() -> None:
    """Write docs/pictures/draw.png and docs/pictures/draw.gif."""
    with TemporaryDirectory() as data, running_app(DIGITREC_DATA=data) as server, running_browser() as browser:
        page = browser.new_page(viewport={"width": 1120, "height": 1120}, color_scheme="light")
        open_app(page, server.url)
        page.get_by_role("tab", name="Steps").click()
        draw(page, samples()[2])
        page.get_by_role("img", name="Network input").wait_for()
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        frame(page, (1120, 1120)).quantize(64).save(FOLDER / "draw.png", optimize=True)

        page = browser.new_page(viewport={"width": 1000, "height": 680}, color_scheme="light")
        open_app(page, server.url)
        frames = [frame(page, (800, 544))]
        for digit in (7, 4, 9):
            for half in halves(samples()[digit]):
                draw(page, (half,))
                page.mouse.move(0, 0)
                page.wait_for_timeout(300)
                frames.append(frame(page, (800, 544)))
            frames.extend(frames[-1:] * 3)
            page.locator(".st-key-clear button").click()
            page.get_by_text("The prediction appears as you draw").first.wait_for()
            frames.append(frame(page, (800, 544)))
        first, *others = (picture.quantize(32) for picture in frames)
        first.save(FOLDER / "draw.gif", save_all=True, append_images=others, duration=450, loop=0, optimize=True)


def halves(strokes: tuple[Stroke, ...]) -> Iterator[Stroke]:
    """Yield each stroke in two halves, so that the animation shows it being drawn."""
    for stroke in strokes:
        middle = len(stroke.points) // 2
        yield Stroke(stroke.points[: middle + 1], stroke.width)
        yield Stroke(stroke.points[middle:], stroke.width)


def frame(page: Page, size: tuple[int, int]) -> Image.Image:
    """Return a screenshot of the page."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
