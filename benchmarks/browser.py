"""Measure what a user waits for in a real Chromium: ``python -m benchmarks.browser``.

Two times are measured: from starting the server process to the first answer on screen, and from lifting the pen to the
answer on screen. The page takes them itself, with the browser's clock, at the moment the answer changes.
"""

import argparse
import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Page

from digitrec.imaging.strokes import Stroke
from digitrec.samples import samples
from tests.support.app import draw, open_app, running_app, running_browser

DIGITS = [strokes for strokes in samples().values() if len(strokes) == 1]
WATCH = """() => {
    window.answered = null;
    document.addEventListener("mouseup", () => { window.lifted = performance.now(); window.answered = null; }, true);
    new MutationObserver(() => {
        const page = document.querySelector("[data-testid=stMain]").textContent;
        if (window.lifted && window.answered === null && page.includes("confidence"))
            window.answered = performance.now();
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser("python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="starts of the server (default 5)")
    parser.add_argument("--drawings", type=int, default=50, help="drawings timed (default 50)")
    arguments = parser.parse_args()
    with TemporaryDirectory() as data, running_browser() as browser:
        starts = []
        for _ in range(arguments.starts):
            page = browser.new_page()
            begun = time.perf_counter()
            with running_app(DIGITREC_DATA=data) as server:
                open_app(page, server.url)
                read(page, DIGITS[0])
                starts.append(time.perf_counter() - begun)
                page.close()
        print(f"process start to first answer in the browser, {len(starts)} starts, seconds")
        print(f"  median {np.median(starts):.2f}   worst {max(starts):.2f}")

        with running_app(DIGITREC_DATA=data) as server:
            page = browser.new_page()
            open_app(page, server.url)
            waits = [read(page, DIGITS[turn % len(DIGITS)]) for turn in range(arguments.drawings)]
        print(f"pen lifted to answer on screen, {len(waits)} drawings, milliseconds; the canvas waits 200 of them")
        print(f"  median {np.median(waits):.0f}   p95 {np.percentile(waits, 95):.0f}")


def read(page: Page, strokes: Sequence[Stroke]) -> float:
    """Draw one stroke, return the milliseconds until its answer is on screen, and clear the canvas."""
    page.evaluate(WATCH)
    draw(page, strokes, settle=False)
    page.wait_for_function("window.answered !== null", polling=5)
    waited = float(page.evaluate("window.answered - window.lifted"))
    page.locator(".st-key-clear button").click()
    page.get_by_text("The prediction appears as you draw").first.wait_for()
    return waited


if __name__ == "__main__":
    main()
