import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from digitrec.imaging.strokes import Stroke
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, write_number
from tests.browser.test_draw import announcement
from tests.support.app import draw, eventually, open_app, settled, wait_for_run
from tests.support.chromium import FLAGS, find
from tests.support.pictures import encode_image, number_photo

IS_INK = """(canvas, [x, y]) => {
    const scale = canvas.width / parseFloat(canvas.style.width);
    return canvas.getContext("2d").getImageData(scale * x, scale * y, 1, 1).data[0] > 127;
}"""


@pytest.mark.full
@pytest.mark.parametrize("width", [1280, 390, 360])
def test_number_is_drawn_at_the_pointer_at_every_width(new_page, server, width):
    page = new_page(viewport={"width": width, "height": 844})
    open_app(page, server.url)
    page.get_by_text("Number", exact=True).click()
    expect(announcement(page)).to_contain_text("Draw a number")
    strokes = write_number("2026", samples())

    def positions():
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
        return [
            page.locator(f".st-key-{key}").bounding_box()["y"]
            for key in ("clear", "correct-label", "sample", "details")
        ]

    before = settled(positions)
    draw(page, strokes)

    expect(announcement(page)).to_contain_text("2026. Confident.")
    eventually(positions, before)
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box["width"] == pytest.approx(min(NUMBER_CANVAS_WIDTH, width - 32), abs=2)
    canvas = page.locator("canvas.dc-canvas.lower-canvas")
    eventually(lambda: all(canvas.evaluate(IS_INK, stroke.points[0]) for stroke in strokes), True)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width


@pytest.mark.full
@pytest.mark.parametrize("number", ["20475", "20475936"])
def test_no_digit_of_a_number_is_cut_off_on_a_phone_held_sideways(new_page, server, number):
    page = new_page(viewport={"width": 844, "height": 390})
    open_app(page, server.url)
    page.get_by_text("Number", exact=True).click()
    expect(announcement(page)).to_contain_text("Draw a number")
    wait_for_run(page)
    draw(page, write_number(number, samples()))

    expect(page.locator("[data-state=run]")).to_contain_text(number)
    headline = page.locator(".number-headline")
    assert headline.evaluate("headline => headline.scrollWidth - headline.clientWidth") == 0


@pytest.mark.full
def test_uploaded_number_can_be_labeled(page, screenshot):
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(
        {"name": "number.jpg", "mimeType": "image/jpeg", "buffer": number_photo("2026")}
    )

    expect(announcement(page)).to_contain_text("2026. Confident.")
    expect(page.get_by_role("list", name="Probability of each digit").get_by_role("listitem")).to_have_count(4)
    expect(page.get_by_role("textbox", name="Correct label")).to_be_enabled()
    wait_for_run(page)
    page.keyboard.press("Alt+S")
    expect(page.get_by_role("textbox", name="Correct label")).to_be_focused()
    page.keyboard.type("20x")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Type the digits, such as 2026")).to_be_visible()
    wait_for_run(page)
    page.keyboard.press("Backspace")
    page.keyboard.type("?8")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Labeled 20?8")).to_be_visible()
    page.get_by_role("radio", name="Not a number").click()
    expect(page.get_by_text("Labeled not a number")).to_be_visible()
    expect(page.get_by_role("textbox", name="Correct label")).to_have_value("")
    wait_for_run(page)
    page.get_by_role("textbox", name="Correct label").fill("2028")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Labeled 2028")).to_be_visible()

    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name="2026 · ").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Labeled 2028. The prediction was 2026.")).to_be_visible()
    expect(dialog.get_by_role("img", name="Input with a box around each digit")).to_be_visible()
    screenshot(page, "number-record")


def test_two_digits_on_the_canvas_become_a_number(page):
    strokes = [
        Stroke(tuple((0.45 * x + left, 0.45 * y + 70) for x, y in stroke.points), 12)
        for digit, left in ((4, 10), (7, 140))
        for stroke in samples()[digit]
    ]
    draw(page, strokes)
    expect(announcement(page)).to_contain_text("several digits")

    page.get_by_role("button", name="Recognize as a number").click()
    expect(announcement(page)).to_contain_text("47. Confident.")
    wait_for_run(page)
    expect(page.locator("canvas.upper-canvas")).to_have_attribute("width", str(NUMBER_CANVAS_WIDTH))
    canvas = page.locator("canvas.dc-canvas.lower-canvas")
    edges = [x for stroke in strokes for x, _ in stroke.points]
    shift = NUMBER_CANVAS_WIDTH / 2 - (min(edges) + max(edges)) / 2
    for stroke in strokes:
        x, y = stroke.points[0]
        eventually(lambda at=(x + shift, y): canvas.evaluate(IS_INK, at), True)


@pytest.mark.full
def test_photo_of_a_number_is_recognized(browser, server, tmp_path):
    # Chromium's test camera shows the frames of a file.
    frame = encode_image(Image.open(io.BytesIO(number_photo("2026"))).convert("RGB").resize((640, 480)), "JPEG")
    (tmp_path / "camera.mjpeg").write_bytes(frame * 3)
    path, environment = find()
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={tmp_path / 'camera.mjpeg'}"]
    with browser.browser_type.launch(executable_path=path, args=flags, env=environment) as camera_browser:
        page = camera_browser.new_page()
        open_app(page, server.url)
        page.get_by_text("Camera", exact=True).click()
        page.wait_for_function("document.querySelector('video')?.readyState >= 2")
        page.get_by_role("button", name="Take Photo").click()
        expect(announcement(page)).to_contain_text("2026")
        expect(page.get_by_role("button", name="Clear photo")).to_be_visible()
