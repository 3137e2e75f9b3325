import os
import re
import time
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from digitrec.samples import CANVAS_SIDE, samples
from tests.support.app import SlowConnection, draw, eventually, open_app, settled, visit, wait_for_run
from tests.support.pictures import encode_image, photo


def announcement(page):
    # Streamlit's spinner has the same role, and for a moment a new region may stand beside the one it replaces.
    return page.locator("[role=status]:not([data-testid=stSpinner] *, :empty)").last


def announces(digit):
    """Match the announcement of this digit."""
    return re.compile(rf"^{digit}\D.*confidence")


def tool(page, key):
    """Return one of the buttons below the canvas."""
    return page.locator(f".st-key-{key} button")


def ink_on(page):
    """Count the white pixels of the canvas."""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
        ".filter((value, index) => index % 4 == 0 && value > 127).length"
    )


def wait_for(value, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition(found := value()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_digit_drawn_with_the_mouse_is_recognized(page):
    for digit in samples() if "FULL" in os.environ else (4, 7):
        draw(page, samples()[digit])

        expect(announcement(page)).to_have_text(announces(digit))
        expect(page.get_by_role("list", name="Probability of each digit").get_by_role("listitem")).to_have_count(10)
        # Only the bar of this digit is bold.
        expect(page.locator(".bars .best")).to_have_text(re.compile(f"^{digit}"))
        tool(page, "clear").click()
        expect(announcement(page)).to_contain_text("The prediction appears as you draw")


def press(devtools, device, kind, x, y, buttons=1):
    """Send one event of a pointing device, as the operating system would."""
    if device == "touch":
        name = {"down": "touchStart", "move": "touchMove", "up": "touchEnd"}[kind]
        points = [] if kind == "up" else [{"x": x, "y": y}]
        devtools.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
    else:
        name = {"down": "mousePressed", "move": "mouseMoved", "up": "mouseReleased"}[kind]
        event = {"type": name, "x": x, "y": y, "button": "left", "pointerType": device}
        devtools.send(
            "Input.dispatchMouseEvent", event | ({"buttons": buttons} if kind == "move" else {"clickCount": 1})
        )


def inked(page, points):
    """Return those of the points, in canvas pixels, that are white."""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(
        """(canvas, points) => points.filter(([x, y]) => {
            const scale = canvas.width / parseFloat(canvas.style.width);
            return canvas.getContext("2d").getImageData(x * scale, y * scale, 1, 1).data[0] > 127;
        })""",
        points,
    )


@pytest.mark.parametrize(
    "device", [*(pytest.param(name, marks=pytest.mark.full) for name in ("mouse", "pen")), "touch"]
)
def test_no_stroke_that_starts_at_an_edge_is_lost(new_page, server, device):
    page = new_page(viewport={"width": 500, "height": 900}, has_touch=device == "touch")
    open_app(page, server.url)
    box = page.locator("canvas.upper-canvas").bounding_box()
    scale, last = box["width"] / CANVAS_SIDE, CANVAS_SIDE - 1
    devtools = page.context.new_cdp_session(page)

    top = [[x, 4 + x % 20] for x in range(265, 0, -26)]
    others = [[x, y] for x, y in product((2, 90, 190, last - 2), repeat=2) if 2 in (x, last - y) or x == last - 2]
    for x, y in top + others:
        if device != "touch":
            # Enter from the text above the canvas in one step.
            press(devtools, device, "move", box["x"] + scale * x, box["y"] - 40, buttons=0)
        inward = 20 * (1 if x < CANVAS_SIDE / 2 else -1), 20 * (1 if y < CANVAS_SIDE / 2 else -1)
        for kind, share in (("down", 0), ("move", 1), ("up", 1)):
            at = box["x"] + scale * (x + share * inward[0]), box["y"] + scale * (y + share * inward[1])
            press(devtools, device, kind, *at)

    eventually(lambda: inked(page, top + others), top + others)


@pytest.mark.full
@pytest.mark.parametrize("device", ["mouse", "pen", "touch"])
def test_stroke_that_ends_outside_the_canvas_counts(new_page, server, device):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=device == "touch")
    open_app(page, server.url)
    box = page.locator("canvas.upper-canvas").bounding_box()
    devtools = page.context.new_cdp_session(page)

    x = box["x"] + box["width"] / 2
    press(devtools, device, "down", x, box["y"] + 80)
    for y in range(100, round(box["height"]) + 60, 20):
        press(devtools, device, "move", x, box["y"] + y)
    press(devtools, device, "up", x, box["y"] + box["height"] + 60)

    expect(announcement(page)).to_have_text(announces(1))


@pytest.fixture
def phone(new_page, server):
    """The Draw page on a phone."""
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_app(page, server.url)
    return page


@pytest.fixture
def touch(phone):
    """Touches the canvas of a phone with fingers: each has a position in CSS pixels, and a number."""
    devtools = phone.context.new_cdp_session(phone)

    def touch(kind, *fingers):
        box = phone.locator("canvas.upper-canvas").bounding_box()
        points = [{"x": box["x"] + x, "y": box["y"] + y, "id": finger} for x, y, finger in fingers]
        devtools.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return touch


@pytest.mark.parametrize("where", ["canvas", "margin"])
def test_strokes_count_while_another_finger_is_on_the_screen(phone, touch, where):
    width = phone.locator("canvas.upper-canvas").bounding_box()["width"]
    resting = width - 10 if where == "canvas" else -8, width - 10, 0
    touch("Start", resting)
    for stroke in samples()[4]:
        points = [(width / CANVAS_SIDE * x, width / CANVAS_SIDE * y, 1) for x, y in stroke.points]
        touch("Start", points[0])
        for point in points[1:]:
            touch("Move", point)
        touch("End", points[-1])

    expect(announcement(phone)).to_have_text(announces(4))
    touch("End", resting)
    expect(announcement(phone)).to_have_text(announces(4))
    assert inked(phone, [(CANVAS_SIDE - 8, CANVAS_SIDE - 8)]) == []


def test_stroke_continues_when_another_finger_leaves_the_canvas(phone, touch):
    phone.evaluate(
        """() => {
            window.finished = window.previews = 0;
            document.addEventListener("stroke-finished", () => (window.finished += 1));
            const send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (data) {
                window.previews += this.url.endsWith("/preview");
                send.call(this, data);
            };
        }"""
    )
    middle, other = 180, (20, 20, 1)
    touch("Start", (middle, 60, 0))
    for y in range(80, 180, 20):
        touch("Move", (middle, y, 0))
    touch("Start", (middle, 160, 0), other)
    touch("End", other)
    before = settled(lambda: phone.evaluate("window.previews"))
    for y in range(180, 300, 20):
        touch("Move", (middle, y, 0))
    wait_for(lambda: phone.evaluate("window.previews"), lambda count: count > before)
    assert phone.evaluate("window.previews") > before
    touch("End", (middle, 280, 0))

    expect(announcement(phone)).to_have_text(announces(1))
    assert phone.evaluate("window.finished") == 1


def test_canceled_touch_leaves_no_ink(phone, touch):
    draw(phone, samples()[4])
    expect(announcement(phone)).to_have_text(announces(4))
    ink = ink_on(phone)

    touch("Start", (300, 300, 0))
    touch("Cancel")
    touch("Start", (10, 10, 0))
    touch("Move", (200, 300, 0))
    touch("Cancel")
    assert settled(lambda: ink_on(phone)) == ink
    expect(announcement(phone)).to_have_text(announces(4))
    expect(phone.locator("[data-state]")).to_have_attribute("data-state", "run")


def test_drawing_starts_over_if_the_canvas_goes_while_a_finger_draws(phone, touch):
    touch("Start", (300, 20, 0), (100, 100, 1))
    touch("Move", (300, 20, 0), (150, 150, 1))
    phone.get_by_role("radio", name="Number").evaluate("button => button.click()")
    expect(phone.locator(".st-key-wide-canvas canvas.upper-canvas")).to_be_visible()
    wait_for_run(phone)
    touch("End")
    touch("Start", (100, 40, 0))
    for y in range(40, 120, 20):
        touch("Move", (100, y, 0))
    touch("End")
    expect(announcement(phone)).to_have_text(announces(1))


def test_canvas_that_loads_slowly_shows_the_sample_chosen_meanwhile(new_page, server):
    page, held = new_page(), []
    page.route(re.compile(r"drawable_canvas/index-.*\.js"), lambda route: held.append(route))
    visit(page, server.url)
    tool(page, "sample").click()
    page.get_by_role("menuitem", name="7").click()
    expect(announcement(page)).to_have_text(announces(7))
    for route in held:
        route.continue_()

    assert wait_for(lambda: page.locator("canvas.upper-canvas").count() and ink_on(page), lambda ink: ink > 0) > 0
    tool(page, "clear").click()
    draw(page, samples()[4])
    expect(announcement(page)).to_have_text(announces(4))


def test_back_closes_a_recent_prediction_and_keeps_the_drawing(page):
    for digit in (3, 7):
        page.get_by_role("button", name="Clear").click()
        draw(page, samples()[digit])
        expect(announcement(page)).to_have_text(announces(digit))
    dialog = page.get_by_role("dialog")
    page.locator("[class*=st-key-open-] button").first.click()
    page.wait_for_function("history.state?.isDialog")
    ink = ink_on(page)

    page.keyboard.press("Alt+c")
    page.go_back()

    expect(dialog).to_have_count(0)
    expect(announcement(page)).to_have_text(announces(7))
    assert ink_on(page) == ink > 0


@pytest.mark.full
def test_drawing_again_shows_the_canvas(new_page, server):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_app(page, server.url)
    for digit in (3, 7):
        tool(page, "clear").click()
        draw(page, samples()[digit])
        expect(announcement(page)).to_have_text(announces(digit))
    page.locator("[class*=st-key-open-] button").first.click()
    expect(page.locator("canvas.upper-canvas")).not_to_be_in_viewport()

    page.get_by_role("button", name="Draw again").click()

    expect(announcement(page)).to_have_text(announces(3))
    expect(page.locator("canvas.upper-canvas")).to_be_in_viewport(ratio=1)
    header = page.get_by_test_id("stHeader").bounding_box()
    assert page.locator("canvas.upper-canvas").bounding_box()["y"] >= header["y"] + header["height"]


def test_desktop_shows_canvas_result_and_tabs_without_scrolling(new_page, server):
    page = new_page(viewport={"width": 1280, "height": 800})
    open_app(page, server.url)
    canvas = settled(page.locator("canvas.upper-canvas").bounding_box)

    assert canvas["width"] == canvas["height"] == pytest.approx(400, abs=2)
    tools = [page.locator(f".st-key-{key}").bounding_box() for key in ("choose-brush", "sample", "undo", "clear")]
    assert {box["y"] for box in tools} == {tools[0]["y"]} and tools[0]["y"] < canvas["y"] + canvas["height"] + 30
    assert page.get_by_role("list", name="Probability of each digit").bounding_box()["x"] > canvas["x"] + 400
    tab = page.get_by_role("tab", name="Recent").bounding_box()
    assert tab["y"] + tab["height"] < 800


def test_phone_shows_the_result_and_the_tools_without_scrolling(new_page, server):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_app(page, server.url)
    draw(page, samples()[7])
    expect(announcement(page)).to_have_text(announces(7))
    canvas = settled(page.locator("canvas.upper-canvas").bounding_box)
    confidence = page.get_by_text("% confidence").first.bounding_box()
    tools = page.locator(".st-key-tools").bounding_box()

    assert canvas["width"] == pytest.approx(390 - 32, abs=2)
    assert canvas["y"] + canvas["height"] < confidence["y"] < confidence["y"] + confidence["height"] < tools["y"]
    assert tools["y"] + tools["height"] == pytest.approx(844, abs=2)


def test_phone_held_sideways_shows_canvas_tools_and_result_without_scrolling(new_page, server):
    page = new_page(viewport={"width": 844, "height": 390}, has_touch=True)
    open_app(page, server.url)
    # The second is a small desktop at 200%.
    for width, height in ((844, 390), (640, 400)):
        page.set_viewport_size({"width": width, "height": height})
        canvas = settled(page.locator("canvas.upper-canvas").bounding_box)
        tools = page.locator(".st-key-tools").bounding_box()
        prompt = page.get_by_text("Draw a digit", exact=True).bounding_box()

        assert canvas["height"] > 0.6 * height > 0 and canvas["y"] + canvas["height"] <= height
        assert canvas["x"] + canvas["width"] < tools["x"] < tools["x"] + tools["width"] < prompt["x"]
        assert max(box["y"] + box["height"] for box in (tools, prompt)) <= height


@pytest.mark.full
def test_drawing_survives_resizing_and_rotation(new_page, server):
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_app(page, server.url)
    draw(page, samples()[4][:1])
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    before = ink_on(page)

    for width, height in ((844, 390), (1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        settled(page.locator("canvas.upper-canvas").bounding_box)
        assert ink_on(page) == before
    draw(page, samples()[4][1:])
    expect(announcement(page)).to_have_text(announces(4))


@pytest.mark.full
def test_clear_starts_a_new_drawing(page):
    draw(page, samples()[7])
    expect(announcement(page)).to_contain_text("confidence")

    tool(page, "clear").click()
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")
    eventually(lambda: ink_on(page), 0)

    draw(page, samples()[3])
    expect(announcement(page)).to_have_text(announces(3))


@pytest.mark.full
def test_undo_removes_one_stroke_per_click(page):
    draw(page, samples()[4])
    expect(announcement(page)).to_contain_text("confidence")
    both = ink_on(page)

    tool(page, "undo").click()
    expect(announcement(page)).not_to_have_text(announces(4))
    assert 0 < wait_for(lambda: ink_on(page), lambda ink: ink < both) < both

    tool(page, "undo").click()
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")
    eventually(lambda: ink_on(page), 0)


def test_clear_keeps_what_is_drawn_before_the_server_answers(new_page, server):
    page = new_page()
    connection = SlowConnection(page)
    open_app(page, server.url)
    draw(page, samples()[7])
    expect(announcement(page)).to_have_text(announces(7))

    connection.is_slow = True
    tool(page, "clear").click()
    eventually(lambda: ink_on(page), 0)
    draw(page, samples()[4], settle=False)
    ink = settled(lambda: ink_on(page))
    connection.release()

    expect(announcement(page)).to_have_text(announces(4))
    expect(page.get_by_role("tabpanel").get_by_role("button").first).to_contain_text("7")
    assert ink_on(page) == ink > 0


def test_clear_and_undo_right_after_a_stroke(page):
    draw(page, samples()[7], settle=False)
    page.keyboard.press("Escape")
    eventually(lambda: ink_on(page), 0)
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")
    expect(page.locator("[data-state=run]")).to_contain_text("Draw a digit")

    page.keyboard.press("Alt+z")
    expect(announcement(page)).to_have_text(announces(7))
    expect(page.locator("[data-state=run]")).to_contain_text("Confident")

    page.keyboard.press("Escape")
    draw(page, samples()[4], settle=False)
    page.keyboard.press("Alt+z")
    expect(page.locator("[data-state=run]")).to_contain_text("Not a digit")


@pytest.mark.full
def test_sample_appears_on_the_canvas(page):
    tool(page, "sample").click()
    page.get_by_role("menuitem", name="7").click()
    expect(announcement(page)).to_contain_text("confidence")
    assert wait_for(lambda: ink_on(page), lambda ink: ink > 0) > 0

    for _ in samples()[7]:
        tool(page, "undo").click()
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")


@pytest.mark.full
def test_drawing_survives_another_page_and_input_method(page):
    draw(page, samples()[7])
    expect(announcement(page)).to_contain_text("confidence")
    before = ink_on(page)

    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect(announcement(page)).to_contain_text("confidence")
    eventually(lambda: ink_on(page), before)

    page.get_by_text("Upload", exact=True).click()
    expect(announcement(page)).to_contain_text("Upload an image")
    page.get_by_text("Canvas", exact=True).click()
    expect(announcement(page)).to_contain_text("confidence")
    eventually(lambda: ink_on(page), before)

    draw(page, samples()[1])
    assert wait_for(lambda: ink_on(page), lambda ink: ink > before) > before


@pytest.mark.full
def test_stroke_just_before_a_change_of_mode_is_kept(page):
    draw(page, samples()[7], settle=False)
    page.get_by_text("Number", exact=True).click(delay=100)

    expect(announcement(page)).to_have_text(re.compile(r"^7\D"))
    expect(page.locator(".st-key-result .number-headline")).to_contain_text("7")


@pytest.mark.full
def test_label_just_after_a_stroke_is_kept_or_refused(page):
    draw(page, samples()[4][:1])
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    draw(page, samples()[4][1:], settle=False)
    page.locator(".st-key-correct-label").get_by_text("4", exact=True).click(delay=100)

    expect(page.get_by_text("The drawing has changed.").or_(page.get_by_text("Labeled 4."))).to_be_visible()


@pytest.mark.full
def test_brush_size_applies_to_the_next_stroke_only(page):
    draw(page, samples()[1])
    expect(announcement(page)).to_contain_text("confidence")
    before = ink_on(page)

    tool(page, "choose-brush").click()
    for size in ("6", "12", "40"):
        page.locator(".st-key-brush").get_by_text(size, exact=True).click()

    eventually(lambda: ink_on(page), before)
    page.keyboard.press("Escape")
    draw(page, samples()[1])
    assert wait_for(lambda: ink_on(page), lambda ink: ink > before) > 1.2 * before


def test_uploaded_image_is_shown_and_recognized_with_its_steps(page, screenshot):
    def upload(digit):
        picture = encode_image(photo(digit), "JPEG")
        page.locator("input[type=file]").set_input_files(
            {"name": f"{digit}.jpg", "mimeType": "image/jpeg", "buffer": picture}
        )
        expect(announcement(page)).to_have_text(announces(digit))

    page.get_by_text("Upload", exact=True).click()
    expect(page.get_by_role("radio", name="Automatic")).to_be_checked()
    assert page.get_by_text("AVIF").evaluate("formats => formats.scrollWidth <= formats.clientWidth")
    upload(7)
    expect(page.get_by_role("img", name="Input", exact=True)).to_be_visible()

    page.get_by_role("tab", name="Steps").click()
    for step in ("Input", "Grayscale", "Bright ink", "Background removed", "Threshold", "Network input"):
        expect(page.get_by_role("img", name=step, exact=True).last).to_be_visible()
    screenshot(page, "upload-steps")
    wait_for_run(page)
    pictures = page.get_by_role("img", name="Input", exact=True)
    shown = [picture.get_attribute("src") for picture in pictures.all()]

    upload(4)
    expect(pictures).to_have_count(len(shown))
    for picture, before in zip(pictures.all(), shown, strict=True):
        expect(picture).not_to_have_attribute("src", before)


@pytest.mark.full
def test_uploaded_image_survives_another_input_method(page):
    page.get_by_text("Upload", exact=True).click()
    picture = {"name": "7.jpg", "mimeType": "image/jpeg", "buffer": encode_image(photo(7), "JPEG")}
    page.locator("input[type=file]").set_input_files(picture)
    expect(announcement(page)).to_have_text(announces(7))
    page.get_by_text("Canvas", exact=True).click()
    page.locator("canvas.upper-canvas").wait_for()
    draw(page, samples()[3])
    expect(announcement(page)).to_have_text(announces(3))
    expect(page.get_by_text("7.jpg")).to_be_hidden()

    page.get_by_text("Upload", exact=True).click()
    expect(announcement(page)).to_have_text(announces(7))
    page.get_by_role("button", name="Remove 7.jpg").click()

    expect(announcement(page)).to_contain_text("Upload an image")


@pytest.mark.full
def test_invalid_image_shows_a_message(page, screenshot):
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": b"seven"})
    expect(announcement(page)).to_contain_text("Can't read this image")
    expect(announcement(page)).to_contain_text("Use PNG")
    screenshot(page, "upload-refused")


@pytest.mark.full
def test_photo_is_taken_and_recognized(page, screenshot):
    page.get_by_text("Camera", exact=True).click()
    expect(announcement(page)).to_contain_text("A digit on plain paper")
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="Take Photo").click()

    # Chromium's test camera shows no digit; any prediction will do.
    expect(announcement(page)).not_to_contain_text("A digit on plain paper")
    screenshot(page, "camera")


@pytest.mark.full
def test_first_visit_can_open_any_page(new_page, server):
    page = new_page()
    page.goto(f"{server.url}/about")

    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Draw")).to_be_visible()


def test_server_does_not_load_tensorflow(page, server):
    draw(page, samples()[7])
    expect(announcement(page)).to_contain_text("confidence")

    mapped = Path(f"/proc/{server.process.pid}/maps")
    if not mapped.exists():
        pytest.skip("only Linux shows which libraries a process has loaded")
    libraries = mapped.read_text()
    assert "tensorflow/" not in libraries
    assert "ai_edge_litert" in libraries
