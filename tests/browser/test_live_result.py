"""The result that follows the pen."""

import json

import pytest
from playwright.sync_api import expect

from digitrec.samples import samples, write_number
from tests.browser.test_draw import announcement, announces
from tests.support.app import SlowConnection, app_run, draw, eventually, open_app, running_app, wait_for_run

# Notes each change of the result, and whether the pen is down or up.
WATCH = """() => {
    const result = document.querySelector("[data-state]");
    window.changes = [];
    window.pen = "up";
    // On the window, before the page itself hears of it.
    window.addEventListener("pointerdown", () => { window.pen = "down"; }, true);
    window.addEventListener("pointerup", () => { window.pen = "up"; }, true);
    new MutationObserver(() => window.changes.push(
        [window.pen, result.dataset.state, result.textContent, document.querySelector("[role=status]")?.textContent]
    )).observe(result, {subtree: true, childList: true, attributes: true, characterData: true});
}"""


def hold(page, strokes):
    """Draw strokes, but don't lift the pen after the last one, and wait for its preview."""
    canvas = page.locator("canvas.upper-canvas")
    box = canvas.bounding_box()
    scale = box["width"] / canvas.evaluate("canvas => parseFloat(canvas.style.width)")
    *others, last = strokes
    if others:
        draw(page, others)
    for number, (x, y) in enumerate(last.points):
        page.mouse.move(box["x"] + scale * x, box["y"] + scale * y)
        if not number:
            page.mouse.down()

    def is_previewed():
        # A busy server declines some previews, and the next movement asks for another.
        for shift in (1, 0):
            page.mouse.move(box["x"] + scale * x + shift, box["y"] + scale * y)
        return result(page).get_attribute("data-state") == "moving"

    eventually(is_previewed, True)


def result(page):
    return page.locator("[data-state]")


@pytest.mark.parametrize("reduced", [pytest.param("reduce", marks=pytest.mark.full), "no-preference"])
def test_result_changes_before_the_pen_is_lifted_and_nothing_is_saved(new_page, server, reduced):
    page = new_page(reduced_motion=reduced)
    open_app(page, server.url)
    page.evaluate(WATCH)
    hold(page, samples()[7][:1])

    expect(result(page)).to_contain_text("7")
    expect(page.get_by_text("Saved to your history")).to_have_count(0)
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")
    durations = (
        result(page).locator(".bars span").evaluate_all("all => all.map(e => getComputedStyle(e).transitionDuration)")
    )
    assert set(durations) == {"0s" if reduced == "reduce" else "0.1s"}

    page.mouse.up()
    expect(result(page)).to_have_attribute("data-state", "run")
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    expect(announcement(page)).to_contain_text("confidence")
    states = [state for pen, state, *_ in page.evaluate("window.changes") if pen == "up"]
    assert "lifted" in states


@pytest.mark.full
@pytest.mark.parametrize("keys", ["Escape", "Alt+z"])
def test_shortcut_does_not_cut_a_stroke_in_two(page, keys):
    hold(page, samples()[7][:1])
    page.keyboard.press(keys)
    page.mouse.up()

    expect(announcement(page)).to_have_text(announces(7))


@pytest.mark.full
def test_number_follows_the_pen(page):
    page.get_by_text("Number", exact=True).click()
    expect(announcement(page)).to_contain_text("Draw a number")
    wait_for_run(page)
    hold(page, write_number("17", samples()))

    expect(result(page)).to_contain_text("17")
    expect(page.get_by_role("img", name="Input with a box around each digit")).to_be_visible()
    page.mouse.up()
    expect(announcement(page)).to_contain_text("17")


def test_last_preview_is_of_the_image_that_the_script_recognizes(page):
    sent = {"preview": [], "stream": []}

    def watch(socket):
        socket.on("framesent", lambda frame: sent[socket.url.rpartition("/")[2]].append(frame))

    page.on("websocket", watch)
    page.reload()
    wait_for_run(page)
    draw(page, samples()[4])
    expect(announcement(page)).to_have_text(announces(4))

    last = json.loads(sent["preview"][-1])
    assert last["lifted"]
    assert any(last["image"].encode() in message for message in sent["stream"])


@pytest.mark.full
@pytest.mark.parametrize("name", ["Network input", "Saliency map for 7"])
def test_picture_beside_the_result_follows_the_pen(page, name):
    with app_run(page):
        page.locator(".st-key-picture").get_by_text(name.split(" for ")[0], exact=True).click()
    hold(page, samples()[7][:1])

    expect(page.get_by_role("img", name=name)).to_be_visible()
    page.mouse.up()
    expect(announcement(page)).to_have_text(announces(7))
    expect(page.get_by_role("img", name=name)).to_be_visible()


def test_page_works_while_previews_are_refused(page):
    page.route_web_socket("**/preview", lambda socket: socket.close())
    draw(page, samples()[4])

    expect(announcement(page)).to_have_text(announces(4))
    expect(result(page)).to_have_attribute("data-state", "run")


def test_preview_stays_until_a_slow_run_confirms_it(new_page, server):
    page = new_page()
    connection = SlowConnection(page)
    page.clock.install()
    open_app(page, server.url)
    first, *others = samples()[4]
    draw(page, [first])
    expect(result(page)).to_have_attribute("data-state", "run")
    connection.is_slow = True
    draw(page, others, settle=False)
    expect(result(page)).to_have_attribute("data-state", "lifted")
    expect(result(page)).to_contain_text("4")

    page.clock.fast_forward(5000)
    expect(result(page)).to_have_attribute("data-state", "lifted")
    expect(result(page)).to_contain_text("4")

    connection.release()
    expect(announcement(page)).to_have_text(announces(4))
    expect(result(page)).to_have_attribute("data-state", "run")


@pytest.mark.full
def test_previews_work_below_a_base_path(browser, tmp_path):
    with running_app(base_path="/some/base", DIGITREC_DATA=str(tmp_path), DIGITREC_API_OPEN="false") as server:
        page = browser.new_page()
        open_app(page, server.url)
        hold(page, samples()[7][:1])
        page.close()
