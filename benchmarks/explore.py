"""Measure the Explore page against its targets: ``python -m benchmarks.explore``.

It measures what each view computes, how soon the page follows a slider in a real Chromium, and how much memory a
process needs that has shown every view. Times are medians; the slowest of the adversarial examples counts too.
"""

import ast
import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from playwright.sync_api import Page

from digitrec.config import settings
from digitrec.imaging.normalize import normalize
from digitrec.imaging.strokes import render
from digitrec.imaging.variations import PARAMETERS, Variation, vary
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.exploration.adversarial import fool
from digitrec.recognition.exploration.gradients import gradient_times_input, integrated_gradients
from digitrec.recognition.exploration.sensitivity import measure_curves
from digitrec.recognition.saliency import explain
from digitrec.recognition.timing import time_calls
from digitrec.samples import CANVAS_SIDE, samples
from digitrec.services import services
from tests.support.app import running_app, running_browser

ROTATION = PARAMETERS[0]
REPETITIONS, MOVES = 50, 30
"""How often each view is computed, and the slider moved."""
OWN_PREDICTIONS = 30  # How many drawings the map places at once, besides the training digits.
WATCH = """() => {
    const shown = () => document.querySelector("img[alt='Changed drawing']").src
        + document.querySelector(".variation .predictions").textContent;
    let before = shown();
    window.waits = [];
    const slider = document.querySelector("#vary-rotation");
    window.observer?.disconnect();
    window.observer = new MutationObserver(() => {
        if (shown() === before) return;
        before = shown();
        window.waits.push(performance.now() - window.pressed);
    });
    window.observer.observe(document.body, {attributes: true, characterData: true, childList: true, subtree: true});
    document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
    slider.focus();
}"""


def main() -> None:
    """Run the benchmark and print its figures."""
    print(f"{settings().model}, medians in milliseconds")
    measure_views(services().digit_recognizer(settings().model))
    measure_slider()
    # In a separate process: this one has loaded everything already.
    command = [sys.executable, "-c", "from benchmarks.explore import added_memory; print(added_memory())"]
    parts = ast.literal_eval(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print("added memory of a process that has recognized images and shown saliency by occlusion, megabytes")
    for name, megabytes in parts.items():
        report(name, megabytes, 15 if name == "all views" else None)


def measure_views(recognizer: DigitRecognizer) -> None:
    """Print how long the computations of each view take."""
    name, inks = recognizer.model.card.name, [render(strokes, CANVAS_SIDE) for strokes in samples().values()]
    images = [normalize(ink)[0] for ink in inks]
    turned, found = Variation(rotation=20), services()
    print_time("changed drawing and its prediction", lambda ink: recognizer.recognize_ink(vary(ink, turned)), inks, 100)
    others = [found.digit_recognizer(other) for other in found.model_names() if other != name][:1]
    for recognizers in ([recognizer], [recognizer, *others]) if others else ([recognizer],):
        label = f"chart of rotation, {' and '.join(each.model.card.name for each in recognizers)}"
        target = 80 if len(recognizers) == 1 else None
        chart = partial(measure_curves, recognizers, variation=Variation(), parameter=ROTATION)
        print_time(label, lambda ink, chart=chart: chart(ink=ink), inks, target)
    maps, index, gradients = (load(name) for load in (found.feature_maps, found.digit_index, found.gradients))
    if maps and index:
        embeddings = [maps.embed(image[np.newaxis])[0] for image in images]
        print_time(f"nearest of {len(index):,} training digits", index.nearest, embeddings, 5)
    if gradients:
        print_time("gradient × input", lambda image: gradient_times_input(gradients, image, 3), images, 10)
        print_time("integrated gradients", lambda image: integrated_gradients(gradients, image, 3), images, 10)
        pairs = [(image, target) for digit, image in enumerate(images) for target in range(10) if target != digit]
        times = time_calls(lambda pair: fool(recognizer.model, gradients, *pair), pairs, len(pairs))
        report("adversarial example", float(np.median(times)), 150)
        report("adversarial example, slowest", float(times.max()), 150)


def measure_slider() -> None:
    """Print how long it takes from a key press on a slider until the picture and the prediction have changed."""
    with TemporaryDirectory() as data, running_app(DIGITREC_DATA=data) as server, running_browser() as browser:
        page = browser.new_page()
        page.goto(f"{server.url}/explore")
        page.locator("[data-test-script-state=notRunning]").wait_for()
        page.locator("#vary-rotation").wait_for()
        taken = [move(page) for _ in range(MOVES)]
    report("slider moved to picture and prediction on screen", float(np.median(taken)), 100)
    report("slider moved to picture and prediction, p95", float(np.percentile(taken, 95)))


def move(page: Page) -> float:
    """Move the rotation slider, and return the milliseconds until the page shows the change."""
    page.evaluate(WATCH)
    before = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.waits.length > 0", polling=5)
    # The script runs later, and changes the address.
    page.wait_for_url(lambda url: url != before)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    return float(page.evaluate("window.waits[0]"))


def added_memory() -> dict[str, float]:
    """Return by how many megabytes this process grows with each view, shown one after the other, and in all."""
    found, name = services(), settings().model
    found.warm_up()
    recognizer = found.digit_recognizer(name)
    ink = render(samples()[7], CANVAS_SIDE)
    image = normalize(ink)[0]
    explain(recognizer.model.classifier, image)
    views: dict[str, Callable[[], object]] = {
        "what-if": lambda: measure_curves([recognizer], ink, Variation(), ROTATION),
        "similar digits": lambda: found.digit_index(name).nearest(found.feature_maps(name).embed(image[np.newaxis])[0]),
        "map": lambda: found.digit_index(name).place(
            found.feature_maps(name).embed(np.stack(OWN_PREDICTIONS * [image]))
        ),
        "fool the model": lambda: fool(recognizer.model, found.gradients(name), image, 3),
        "saliency": lambda: integrated_gradients(found.gradients(name), image, 7),
    }
    sizes = [resident_megabytes()]
    for show in views.values():
        show()
        sizes.append(resident_megabytes())
    return {**dict(zip(views, np.diff(sizes).tolist(), strict=True)), "all views": sizes[-1] - sizes[0]}


def resident_megabytes() -> float:
    """Return the resident memory of this process in megabytes."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


def print_time(
    name: str, function: Callable[[Any], object], inputs: Sequence[NDArray[Any]], target: float | None
) -> None:
    """Print the median duration of a function over its inputs, with its target."""
    report(name, float(np.median(time_calls(function, inputs, REPETITIONS))), target)


def report(name: str, value: float, target: float | None = None) -> None:
    """Print a figure with its target."""
    goal = "" if target is None else f"   target {target:4.0f}   {'met' if value <= target else 'missed'}"
    print(f"  {name:<50} {value:8.2f}{goal}", flush=True)


if __name__ == "__main__":
    main()
