import shutil

import pytest
from playwright.sync_api import expect

from digitrec.cli import main
from digitrec.imaging.strokes import Stroke
from digitrec.samples import samples
from tests.browser.server import draw, open_app, running_app


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def server(data):
    """A server of this test's own, with a history that is empty."""
    with running_app(DIGITREC_DATA=str(data)) as server:
        yield server


def read(page, digit):
    clear = page.locator(".st-key-clear button")
    if clear.is_enabled():
        clear.click()
        expect(clear).to_be_disabled()
    draw(page, samples()[digit])
    expect(page.get_by_text("Saved in your history")).to_be_visible()


def history(page):
    """What the gallery says was read, newest first."""
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.get_by_text(", newest first")).to_be_visible()
    pictures = page.locator("img[alt*=', drawn, ']")
    expect(pictures.first).to_be_visible()
    alts = [pictures.nth(number).get_attribute("alt") for number in range(pictures.count())]
    return [alt[len("Read as ")] if alt.startswith("Read as ") else "–" for alt in alts]


def test_drawing_survives_a_reload_and_opens_from_history(page, screenshot):
    read(page, 7)
    page.reload()
    page.locator("canvas.upper-canvas").wait_for()
    expect(page.locator("img[alt^='Read as 7']")).to_be_visible()
    assert history(page) == ["7"]

    page.locator("[class*=st-key-open-] button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="Scale to [0, 1]", exact=True)).to_be_visible()
    expect(dialog).to_contain_text("read by everyhand")
    screenshot(page, "record")


def test_two_browsers_at_once_keep_every_drawing(new_page, server):
    pages = [new_page(), new_page()]
    for page in pages:
        open_app(page, server.url)
    for digit in (1, 2, 3):
        for page in pages:
            read(page, digit)

    assert history(pages[0]) == history(pages[1]) == list("332211")


def test_clear_and_a_second_drawing_make_two_records_and_strokes_of_one_make_one(page):
    for x in range(5):
        draw(page, (Stroke(((60 + 40 * x, 60), (60 + 40 * x, 140), (60 + 40 * x, 220)), 20),))
        expect(page.get_by_text("Saved in your history")).to_be_visible()
    # Five bars in a row are no digit.
    assert history(page) == ["–"]

    page.get_by_role("link", name="Draw").click()
    read(page, 5)
    assert history(page)[0] == "5"
    assert len(history(page)) == 2


def test_folder_taken_away_while_running_is_said_and_drawing_goes_on(page, data, screenshot):
    read(page, 7)
    shutil.rmtree(data)
    page.locator(".st-key-clear button").click()
    draw(page, samples()[3])
    expect(page.get_by_text("Saved in your history")).to_be_visible()
    expect(page.get_by_text("What was kept in it is gone")).to_be_visible()

    assert history(page) == ["3"]
    expect(page.get_by_text("What was kept in it is gone")).to_be_visible()
    screenshot(page, "folder-taken-away")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_screenshots_of_history(new_page, demo, screenshot, width, scheme):
    page = new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(f"{demo.url}/history")
    expect(page.locator("[class*=st-key-open-] button").last).to_be_visible()
    screenshot(page, f"history-{width}-{scheme}")
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    screenshot(page, f"history-table-{width}-{scheme}")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A server on a history full of samples."""
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--data", str(folder)]) == 0
    with running_app(DIGITREC_DATA=str(folder)) as server:
        yield server
