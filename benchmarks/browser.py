"""Measure how long a user waits in a real Chromium: ``python -m benchmarks.browser``.

Two times are measured: from starting the server process to the first prediction on screen, and from lifting the pen to
the prediction on screen, both the preview of the finished drawing and the run of the script that saves it. The page
measures them with the browser's clock, at the moment the prediction changes.
"""

import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Page

from digitrec.imaging.strokes import Stroke
from digitrec.samples import samples
from tests.support.app import draw, open_app, running_app, running_browser

STARTS, DRAWINGS = 5, 50
DIGITS = [strokes for strokes in samples().values() if len(strokes) == 1]
WATCH = """() => {
    // The page may still be handling the click on Clear.
    window.lifted = null;
    window.shownAfter = {};
    window.confirmed = new Promise(resolve => { window.confirm = resolve; });
    if (window.isWatched) return;
    window.isWatched = true;
    // On the window, before the page itself hears of it.
    window.addEventListener("pointerup", () => {
        window.lifted = performance.now();
        window.shownAfter = {};
    }, true);
    new MutationObserver(() => {
        if (window.lifted === null) return;
        const {state} = document.querySelector("[data-state]").dataset;
        window.shownAfter[state] ??= performance.now() - window.lifted;
        if (state === "run") window.confirm(window.shownAfter);
    }).observe(document.body, {attributes: true, subtree: true, attributeFilter: ["data-state"]});
}"""


def main() -> None:
    """Run the benchmark and print its figures."""
    with TemporaryDirectory() as data, running_browser() as browser:
        starts = []
        for _ in range(STARTS):
            page = browser.new_page()
            begun = time.perf_counter()
            with running_app(DIGITREC_DATA=data) as server:
                page.goto(server.url)
                page.locator(".st-key-details").wait_for()
                read(page, DIGITS[0])
                starts.append(time.perf_counter() - begun)
                page.close()
        print(f"process start to first prediction in the browser, {len(starts)} starts, seconds")
        print(f"  median {np.median(starts):.2f}   worst {max(starts):.2f}")

        with running_app(DIGITREC_DATA=data) as server:
            page = browser.new_page()
            open_app(page, server.url)
            waits = [read(page, DIGITS[turn % len(DIGITS)]) for turn in range(DRAWINGS)]
        print(f"pen lifted to prediction on screen, {len(waits)} drawings, milliseconds")
        shown = [min(wait.values()) for wait in waits]
        print(f"  median {np.median(shown):.0f}   p95 {np.percentile(shown, 95):.0f}")
        saved = [wait["run"] for wait in waits]
        print("  confirmed by the script, for which the canvas waits 200 ms before it reports")
        print(f"  median {np.median(saved):.0f}   p95 {np.percentile(saved, 95):.0f}")


def read(page: Page, strokes: Sequence[Stroke]) -> dict[str, float]:
    """Draw one stroke, return the milliseconds until each of its predictions is on screen, and clear the canvas."""
    page.evaluate(WATCH)
    draw(page, strokes, settle=False)
    # Polling would take the browser's time from the page.
    waited: dict[str, float] = page.evaluate("window.confirmed")
    page.locator(".st-key-clear button").click()
    page.get_by_text("The prediction appears as you draw").first.wait_for()
    return {state: waited.get(state, float("inf")) for state in ("lifted", "run")}


if __name__ == "__main__":
    main()
