import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.browser.test_draw import announcement, announces
from tests.support.app import draw, eventually, open_app, settled


def test_prediction_is_announced_in_a_live_region(page):
    region = announcement(page).element_handle()
    for digit in (7, 3):
        draw(page, samples()[digit])
        expect(announcement(page)).to_have_text(announces(digit))
        assert announcement(page).evaluate("(now, before) => now === before", region)
        page.keyboard.press("Escape")
        expect(announcement(page)).to_contain_text("The prediction appears as you draw")


@pytest.mark.full
@pytest.mark.parametrize(
    "width", [pytest.param(1280, marks=pytest.mark.full), 390, pytest.param(360, marks=pytest.mark.full)]
)
def test_layout_is_stable_while_drawing(new_page, server, width):
    page = new_page(viewport={"width": width, "height": 900})
    open_app(page, server.url)
    keys = "clear", "choose-brush", "sample", "choose-model", "correct-label", "details"

    def positions():
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
        return {key: page.locator(f".st-key-{key}").bounding_box()["y"] for key in keys}

    draw(page, samples()[4][:1])
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    page.keyboard.press("Escape")
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")
    before = settled(positions)
    assert page.locator("canvas.upper-canvas").bounding_box()["width"] <= width
    draw(page, samples()[4][:1])
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    eventually(positions, before)
    draw(page, samples()[4][1:])
    expect(announcement(page)).to_have_text(announces(4))
    eventually(positions, before)
