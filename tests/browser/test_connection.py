import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.browser.test_draw import announcement, announces, tool
from tests.support.app import draw, open_app, running_app


@pytest.mark.full
def test_page_recovers_when_the_server_is_back(browser, tmp_path):
    page = browser.new_page()
    with running_app(DIGITREC_DATA=str(tmp_path)) as server:
        open_app(page, server.url)
        draw(page, samples()[7])
        expect(page.get_by_text("Saved to your history")).to_be_visible()
    notice = page.get_by_role("alert").filter(has_text="The server isn't responding")
    expect(notice).to_contain_text("Your drawing stays on the canvas")
    expect(page.get_by_role("dialog")).to_contain_text("Connection error")

    with running_app(port=int(server.url.rsplit(":", 1)[1]), DIGITREC_DATA=str(tmp_path)):
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=60_000)
        expect(page.get_by_text("Recent", exact=True)).to_be_visible()
        expect(notice).to_have_count(0)
        expect(announcement(page)).to_have_text(announces(7))
        tool(page, "clear").click()
        draw(page, samples()[3])
        expect(announcement(page)).to_have_text(announces(3))
        page.close()


@pytest.mark.full
def test_page_shows_a_notice_while_the_browser_is_offline(browser, server):
    # Not from the fixture: an offline page complains about the previews that it can't have.
    page = browser.new_page(viewport={"width": 390, "height": 844})
    open_app(page, server.url)
    draw(page, samples()[3])
    expect(announcement(page)).to_have_text(announces(3))
    result = page.locator(".st-key-result")
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text="You're offline")).to_be_visible()
    expect(result).to_have_css("opacity", "1")
    tool(page, "clear").click()
    draw(page, samples()[7], settle=False)
    expect(result).to_have_css("opacity", "0.3")
    page.context.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="You're offline")).to_have_count(0)
    expect(announcement(page)).to_have_text(announces(7))
    expect(result).to_have_css("opacity", "1")
    page.close()
