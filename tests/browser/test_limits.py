from playwright.sync_api import expect

from digitrec.samples import samples
from tests.browser.test_draw import answer, reads
from tests.support.app import draw, open_app, running_app


def test_drawing_past_the_limit_stays_and_is_read_by_itself(browser, tmp_path):
    page = browser.new_page()
    first, *rest = samples()[4]
    with running_app(DIGITREC_DATA=str(tmp_path), DIGITREC_LIMIT_DRAWINGS="1/8 seconds") as server:
        open_app(page, server.url)
        draw(page, [first])
        expect(page.get_by_text("Saved in your history, as")).to_be_visible()
        canvas = page.locator("canvas.upper-canvas").element_handle()

        draw(page, rest)

        expect(answer(page)).to_contain_text("Your drawing is safe")
        # Of its own accord, and on the very canvas that was drawn on.
        expect(answer(page)).to_have_text(reads(4))
        expect(page.get_by_text("Saved in your history, as")).to_be_visible()
        assert canvas.evaluate("element => element.isConnected")
        page.close()


def test_documentation_of_the_api_works_with_nothing_from_elsewhere(new_page, server):
    page, asked = new_page(), []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{server.url}/api/docs")
    page.get_by_text("Read one picture").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert all(address.startswith((server.url, "data:", "blob:")) for address in asked)
