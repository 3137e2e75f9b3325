import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.browser.test_draw import announcement, announces
from tests.support.app import draw, open_app, running_app


@pytest.mark.full
def test_rate_limited_drawing_is_recognized_later(browser, tmp_path):
    page = browser.new_page()
    first_stroke, *other_strokes = samples()[4]
    with running_app(DIGITREC_DATA=str(tmp_path), DIGITREC_LIMIT_DRAWINGS="1/15 seconds") as server:
        open_app(page, server.url)
        draw(page, [first_stroke])
        expect(page.get_by_text("Saved to your history")).to_be_visible()
        canvas = page.locator("canvas.upper-canvas").element_handle()

        draw(page, other_strokes)

        expect(announcement(page)).to_contain_text("Your drawing is safe")
        # The page retries by itself, and the canvas is still the same element.
        expect(announcement(page)).to_have_text(announces(4))
        expect(page.get_by_text("Saved to your history")).to_be_visible()
        assert canvas.evaluate("element => element.isConnected")
        page.close()


@pytest.mark.full
def test_api_docs_load_nothing_from_other_hosts(new_page, server):
    page, requested = new_page(), []
    page.on("request", lambda request: requested.append(request.url))

    page.goto(f"{server.url}/api/docs")
    page.get_by_text("Recognize one image").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert all(address.startswith((server.url, "data:", "blob:")) for address in requested)
