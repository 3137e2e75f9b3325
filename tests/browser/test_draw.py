import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.support.app import draw, eventually
from tests.support.pictures import encode_image, photo


def answer(page):
    # Streamlit's spinner has the same role.
    return page.locator("[role=status]:not([data-testid=stSpinner] *)")


def reads(digit):
    """What the answer says when it is this digit."""
    return re.compile(rf"^{digit}\D.*confidence")


def tool(page, key):
    """Our own button, and not the one of the same name in the canvas's toolbar."""
    return page.locator(f".st-key-{key} button")


def ink_on(page):
    """How many pixels of the canvas are white."""
    return page.locator("canvas.dc-canvas.lower-canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
        ".filter((value, index) => index % 4 == 0 && value > 127).length"
    )


def wait_for(value, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition(found := value()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_strokes_drawn_with_the_mouse_are_read(page):
    for digit, strokes in samples().items():
        draw(page, strokes)

        expect(answer(page)).to_have_text(reads(digit))
        expect(page.get_by_role("list", name="Probability of each digit").get_by_role("listitem")).to_have_count(10)
        tool(page, "clear").click()
        expect(answer(page)).to_contain_text("The answer appears as you draw")


def test_clear_empties_the_canvas_and_the_answer_and_the_next_drawing_is_read(page):
    draw(page, samples()[7])
    expect(answer(page)).to_contain_text("confidence")

    tool(page, "clear").click()
    expect(answer(page)).to_contain_text("The answer appears as you draw")
    expect(tool(page, "clear")).to_be_disabled()
    eventually(lambda: ink_on(page), 0)

    draw(page, samples()[3])
    expect(answer(page)).to_have_text(reads(3))


def test_undo_takes_strokes_back_one_by_one_however_fast(page):
    draw(page, samples()[4])
    expect(answer(page)).to_contain_text("confidence")
    both = ink_on(page)

    tool(page, "undo").click()
    expect(answer(page)).to_contain_text("confidence")
    assert 0 < wait_for(lambda: ink_on(page), lambda ink: ink < both) < both

    tool(page, "undo").click()
    expect(answer(page)).to_contain_text("The answer appears as you draw")
    eventually(lambda: ink_on(page), 0)


def test_sample_appears_on_the_canvas_and_can_be_drawn_on(page):
    page.locator(".st-key-sample").get_by_text("7", exact=True).click()
    expect(answer(page)).to_contain_text("confidence")
    assert wait_for(lambda: ink_on(page), lambda ink: ink > 0) > 0

    tool(page, "undo").click()
    expect(tool(page, "undo")).to_be_enabled()
    tool(page, "undo").click()
    expect(answer(page)).to_contain_text("The answer appears as you draw")


def test_drawing_is_still_there_after_another_page_and_another_way_in(page):
    draw(page, samples()[7])
    expect(answer(page)).to_contain_text("confidence")
    before = ink_on(page)

    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.get_by_role("link", name="Draw").click()
    expect(answer(page)).to_contain_text("confidence")
    eventually(lambda: ink_on(page), before)

    page.get_by_text("Upload", exact=True).click()
    expect(answer(page)).to_contain_text("Upload a picture")
    page.get_by_text("Draw", exact=True).last.click()
    expect(answer(page)).to_contain_text("confidence")
    eventually(lambda: ink_on(page), before)

    draw(page, samples()[1])
    assert wait_for(lambda: ink_on(page), lambda ink: ink > before) > before


def test_brush_changes_the_next_stroke_and_not_the_drawing(page):
    draw(page, samples()[1])
    expect(answer(page)).to_contain_text("confidence")
    before = ink_on(page)

    for size in ("6", "12", "40"):
        page.locator(".st-key-brush").get_by_text(size, exact=True).click()

    eventually(lambda: ink_on(page), before)
    draw(page, samples()[1])
    assert wait_for(lambda: ink_on(page), lambda ink: ink > before) > 1.2 * before


def test_uploaded_picture_is_read_with_every_step(page, screenshot):
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": encode_image(photo(7), "JPEG")}
    )
    expect(answer(page)).to_have_text(reads(7))

    page.get_by_text("Show every step").click()
    for step in ("Input", "Greyscale", "Ink bright", "Paper removed", "Threshold", "Scale to [0, 1]"):
        expect(page.get_by_role("img", name=step, exact=True).last).to_be_visible()
    screenshot(page, "upload-steps")


def test_picture_that_cannot_be_read_is_said_in_a_sentence(page, screenshot):
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files({"name": "seven.png", "mimeType": "image/png", "buffer": b"seven"})
    expect(answer(page)).to_contain_text("Can't read this image")
    expect(answer(page)).to_contain_text("Send a PNG")
    screenshot(page, "upload-refused")


def test_photograph_is_taken_and_read(page, screenshot):
    page.get_by_text("Camera", exact=True).click()
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="Take Photo").click()

    # Chromium's own test camera shows no digit; that there is an answer is what counts here.
    expect(answer(page)).not_to_contain_text("Of one digit on plain paper", timeout=15_000)
    screenshot(page, "camera")


def test_first_visitor_may_come_by_a_page_address(new_page, server):
    page = new_page()
    page.goto(f"{server.url}/about")

    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Draw")).to_be_visible()


def test_server_has_not_loaded_tensorflow(page, server):
    draw(page, samples()[7])
    expect(answer(page)).to_contain_text("confidence")

    mapped = Path(f"/proc/{server.process.pid}/maps")
    if not mapped.exists():
        pytest.skip("only Linux shows which libraries a process has loaded")
    libraries = mapped.read_text()
    assert "tensorflow/" not in libraries
    assert "ai_edge_litert" in libraries
