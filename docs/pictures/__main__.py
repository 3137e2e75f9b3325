"""Take a screenshot of the running app for the README: ``make pictures``."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from digitrec.samples import samples
from tests.support.app import draw, open_app, running_app, running_browser


def main() -> None:
    """Write docs/pictures/draw.png."""
    with TemporaryDirectory() as data, running_app(DIGITREC_DATA=data) as server, running_browser() as browser:
        page = browser.new_page(viewport={"width": 1120, "height": 1120}, color_scheme="light")
        open_app(page, server.url)
        page.get_by_role("tab", name="Steps").click()
        draw(page, samples()[2])
        page.get_by_role("img", name="Network input").wait_for()
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        screenshot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        screenshot.quantize(64).save(Path(__file__).with_name("draw.png"), optimize=True)


if __name__ == "__main__":
    main()
