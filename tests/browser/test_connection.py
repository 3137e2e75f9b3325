from playwright.sync_api import expect

from digitrec.samples import samples
from tests.browser.test_draw import answer, reads
from tests.support.app import draw, open_app, running_app


def test_page_says_that_the_server_is_gone_and_goes_on_when_it_is_back(browser, tmp_path):
    page = browser.new_page()
    with running_app(DIGITREC_DATA=str(tmp_path)) as server:
        open_app(page, server.url)
        draw(page, samples()[7])
        expect(page.get_by_text("Saved in your history, as")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("Connection error")

    with running_app(port=int(server.url.rsplit(":", 1)[1]), DIGITREC_DATA=str(tmp_path)):
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=60_000)
        expect(page.get_by_text("Your last ones:")).to_be_visible()
        draw(page, samples()[3])
        expect(answer(page)).to_have_text(reads(3))
        page.close()


def test_page_says_that_there_is_no_network_and_reads_when_it_is_back(page):
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text="No network")).to_be_visible()
    draw(page, samples()[7], settle=False)
    page.context.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="No network")).to_have_count(0)
    expect(answer(page)).to_have_text(reads(7))
