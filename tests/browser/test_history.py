import csv
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from digitrec.accounts.users import LOCAL_USER
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod
from digitrec.samples import samples
from digitrec.storage.history import open_history
from tests.browser.test_draw import announcement, ink_on, wait_for
from tests.support.app import draw, eventually, open_app, running_app, settled, visit, wait_for_animations, wait_for_run
from tests.support.pictures import drawing_png

PAGE = 24


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("history") / "data"


@pytest.fixture(scope="module")
def server(data):
    with running_app(DIGITREC_DATA=str(data)) as server:
        yield server


@pytest.fixture(autouse=True)
def empty(data, server):
    history = open_history(data, LOCAL_USER)
    history.delete_all()
    history.database.engine.dispose()


def read(page, digit):
    page.locator(".st-key-clear button").click()
    expect(page.get_by_text("Saved to your history")).to_have_count(0)
    draw(page, samples()[digit])
    expect(page.get_by_text("Saved to your history")).to_be_visible()


def pictures(page):
    """Return the pictures of the gallery."""
    return page.locator("img[alt^='Predicted'], img[alt^='Not a digit']")


def alternatives(page):
    """Return the alternative texts of the pictures, in order."""
    return pictures(page).evaluate_all("pictures => pictures.map(picture => picture.alt)")


def go_to_history(page, *read):
    """Open the history from the navigation, and wait for these predictions, the newest first."""
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ predictions?$"))).to_be_visible()
    eventually(lambda: [said.split(",")[0] for said in alternatives(page)], list(read))


@pytest.mark.full
def test_drawing_survives_a_reload_and_opens_from_history(page, screenshot):
    read(page, 7)
    page.reload()
    page.locator("canvas.upper-canvas").wait_for()
    expect(page.locator("img[alt^='Predicted 7']")).to_be_visible()
    go_to_history(page, "Predicted 7")

    page.locator("[class*=st-key-open-] button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="Network input", exact=True)).to_be_visible()
    expect(dialog).to_contain_text(" · everyhand · ")
    screenshot(page, "prediction")


@pytest.mark.full
def test_drawing_is_opened_from_history_over_a_slow_connection(new_page, server):
    page = new_page()
    # The dialog closes a while before the other page arrives.
    page.add_init_script("""
        WebSocket.prototype.addEventListener = function (type, listener, ...options) {
            let due = 0;
            const slow = (event) => {
                due = Math.max(due, performance.now()) + (window.delay ?? 0);
                setTimeout(() => listener.call(this, event), due - performance.now());
            };
            EventTarget.prototype.addEventListener.call(this, type, type === "message" ? slow : listener, ...options);
        };
    """)
    open_app(page, server.url)
    read(page, 7)
    go_to_history(page, "Predicted 7")
    page.locator("[class*=st-key-open-] button").click()
    page.wait_for_function("history.state?.isDialog")
    entries = page.evaluate("window.delay = 20; history.length")

    page.get_by_role("button", name="Draw again").click()

    expect(announcement(page)).to_contain_text("confidence")
    expect(page).to_have_url(f"{server.url}/")
    # Had the page gone back, that might have opened the History page again.
    assert page.evaluate("history.length") == entries + 1


@pytest.mark.full
def test_two_browsers_at_once_keep_every_drawing(new_page, server):
    pages = [new_page(), new_page()]
    for page in pages:
        open_app(page, server.url)
    for digit in (1, 2, 3):
        for page in pages:
            read(page, digit)

    for page in pages:
        go_to_history(page, *[f"Predicted {digit}" for digit in (3, 3, 2, 2, 1, 1)])


@pytest.mark.full
def test_strokes_of_one_drawing_make_one_prediction(page):
    for x in range(5):
        draw(page, (Stroke(((60 + 40 * x, 60), (60 + 40 * x, 140), (60 + 40 * x, 220)), 20),))
        expect(page.get_by_text("Saved to your history")).to_be_visible()
    # Five bars in a row are not a digit.
    go_to_history(page, "Not a digit")

    page.get_by_role("link", name="Draw").click()
    read(page, 5)
    go_to_history(page, "Predicted 5", "Not a digit")


@pytest.mark.full
@pytest.mark.parametrize("action", ["Label", "Go to next after labeling"])
def test_prediction_deleted_elsewhere_is_reported_once(page, data, recognizer, action):
    read(page, 7)
    go_to_history(page, "Predicted 7")
    page.locator("[class*=st-key-open-] button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Label predictions to measure accuracy.")).to_be_visible()
    wait_for_run(page)
    history = open_history(data, LOCAL_USER)
    history.delete_all()
    history.save(recognizer.recognize(drawing_png(3), InputMethod.CANVAS), InputMethod.CANVAS)

    if action == "Label":
        dialog.get_by_role("radio", name="7", exact=True).click()
    else:
        dialog.get_by_text(action).click()

    expect(page.get_by_text("This prediction no longer exists.")).to_have_count(1)
    expect(dialog).to_have_count(0)
    [saved] = history.all()
    assert saved.true_label is None
    history.database.engine.dispose()


def parameters(page):
    return parse_qs(urlsplit(page.url).query)


def open_history_page(page, url, query=""):
    visit(page, f"{url}/history{query}")
    expect(page.get_by_text(re.compile(r"^(\d+ of )?\d+ predictions?"))).to_be_visible()


@pytest.mark.full
def test_strokes_of_a_prediction_return_to_the_canvas(page, data):
    read(page, 4)
    before = ink_on(page)
    go_to_history(page, "Predicted 4")
    page.get_by_test_id("stExpander").get_by_text("Filters").click()
    page.locator(".st-key-digit").get_by_text("4", exact=True).click()
    expect(page.get_by_text("1 of 1 prediction: predicted as 4")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[class*=st-key-open-] button").click()
    page.get_by_role("button", name="Draw again").click()
    expect(page.get_by_role("heading", name="Draw", exact=True)).to_be_visible()
    expect(announcement(page)).to_have_text(re.compile(r"^4\D.*confidence"))
    expect(page.get_by_text("Saved to your history")).to_be_visible()
    eventually(lambda: ink_on(page), pytest.approx(before, rel=0.02))
    eventually(lambda: parameters(page), {})
    # It can be continued like any other drawing.
    draw(page, samples()[1])
    assert wait_for(lambda: ink_on(page), lambda ink: ink > before) > before

    again, first = open_history(data, LOCAL_USER).all()
    assert (first.input_method, again.input_method) == (InputMethod.CANVAS, InputMethod.CANVAS)
    assert len(again.strokes) > len(first.strokes)


@pytest.mark.full
def test_only_the_selection_is_exported_and_deleted(page, data, server, screenshot):
    for digit in (1, 2, 3, 4):
        read(page, digit)
    open_history_page(page, server.url)
    page.get_by_text("Select", exact=True).click()
    # Until then, a click opens a prediction.
    expect(page.get_by_text("0 selected")).to_be_visible()
    page.get_by_text("2 · ").click()
    page.get_by_text("3 · ").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    screenshot(page, "history-selecting")

    with page.expect_download() as download:
        page.locator(".st-key-selected-table button").click()
    table = Path(download.value.path()).read_text("utf-8-sig")
    assert [row["label"] for row in csv.DictReader(table.splitlines())] == ["3", "2"]

    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_have_count(2)
    page.get_by_role("button", name="Delete 2 predictions").click()
    expect(page.get_by_test_id("stToast")).to_have_text(["Deleted 2 predictions."])
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("0 selected")).to_be_visible()
    assert [saved.label for saved in open_history(data, LOCAL_USER).all()] == ["4", "1"]


@pytest.mark.full
def test_cleared_filters_stay_cleared(page, demo):
    open_history_page(page, demo.url)
    page.get_by_test_id("stExpander").get_by_text("Filters").click()
    page.locator(".st-key-verdict").get_by_text("Unsure", exact=True).click()
    expect(page.get_by_text("predictions: unsure")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text("predictions: unsure")).to_have_count(0)
    page.locator(".st-key-view").get_by_text("Table", exact=True).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.get_by_text("predictions: unsure")).to_have_count(0)
    eventually(lambda: "verdict" in parameters(page), False)


@pytest.mark.full
def test_deleting_an_open_prediction_opens_the_next(page, data, server):
    for digit in (1, 2):
        read(page, digit)
    open_history_page(page, server.url)
    page.get_by_role("button", name="2 · ").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_text("Prediction deleted.")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_alt_text("Predicted 1")).to_be_visible()
    wait_for_run(page)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_text("No predictions yet")).to_be_visible()
    assert list(open_history(data, LOCAL_USER).all()) == []


@pytest.mark.full
def test_rows_of_the_table_can_be_selected_and_deleted(page, data, server):
    for digit in (1, 2, 3):
        read(page, digit)
    open_history_page(page, server.url, "?view=Table")
    page.get_by_text("Select", exact=True).click()
    table = page.get_by_test_id("stDataFrame")
    expect(page.get_by_text("0 selected")).to_be_visible()
    wait_for_run(page)
    box = table.bounding_box()
    # The table is a canvas: this is the box of its second row, below the header.
    page.mouse.click(box["x"] + 16, box["y"] + 35 + 48 * 1.5)
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete 1 prediction").click()
    expect(page.get_by_text("2 predictions", exact=True)).to_be_visible()
    assert [saved.label for saved in open_history(data, LOCAL_USER).all()] == ["3", "1"]


@pytest.mark.full
def test_address_carries_the_filters(page, new_page, demo):
    open_history_page(page, demo.url)
    page.get_by_test_id("stExpander").get_by_text("Filters").click()
    page.locator(".st-key-digit").get_by_text("7", exact=True).click()
    page.locator(".st-key-digit").get_by_text("1", exact=True).click()
    expect(page.get_by_text("predicted as 1 or 7")).to_be_visible()
    page.keyboard.press("Escape")
    newest = settled(lambda: alternatives(page))
    page.locator(".st-key-sort").click()
    page.get_by_role("option", name="Least confident first").click()
    # Changing the order returns to the first page, so wait for it before opening the second.
    eventually(lambda: alternatives(page) != newest, True)
    settled(lambda: alternatives(page))
    page.get_by_role("button", name="Page 2").click()
    expect(page.locator("[aria-current=page]").last).to_have_text("2")
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expected = {"digit": ["7", "1"], "sort": ["Least confident first"], "page": ["2"]}
    eventually(lambda: parameters(page), {**expected, "view": ["Table"]})
    expect(pictures(page)).to_have_count(0)

    page.get_by_text("Gallery", exact=True).click()
    expect(pictures(page)).to_have_count(PAGE)
    eventually(lambda: parameters(page), expected)
    wait_for_run(page)
    shown = alternatives(page)
    copied = new_page()
    open_history_page(copied, demo.url, page.url.partition("/history")[2])
    expect(copied.get_by_text("predicted as 1 or 7")).to_be_visible()
    eventually(lambda: alternatives(copied), shown)

    copied.get_by_role("button", name="Clear filters").click()
    expect(copied.get_by_text("400 predictions", exact=True)).to_be_visible()
    eventually(lambda: parameters(copied), {"sort": ["Least confident first"]})


@pytest.mark.full
def test_back_closes_an_opened_prediction(new_page, demo):
    page = new_page()
    visit(page, f"{demo.url}/about")
    page.get_by_role("link", name="History").click()
    openers, dialog = page.locator("[class*=st-key-open-] button"), page.get_by_role("dialog")
    for close in (page.go_back, dialog.get_by_role("button", name="Close").click):
        openers.first.click()
        expect(dialog.get_by_role("button", name="Explore")).to_be_visible()
        page.locator(".st-key-next button").click()
        close()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()
        expect(page).to_have_url(f"{demo.url}/history")

    page.go_back()
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()


def test_toolbar_of_the_table_covers_nothing_on_a_phone(new_page, demo):
    page = new_page(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    open_history_page(page, demo.url, "?view=Table")
    expect(page.get_by_test_id("stElementToolbar")).to_be_visible()

    page.get_by_test_id("stPagination").get_by_role("button").last.tap()

    expect(page).to_have_url(re.compile("page=2"))


@pytest.mark.full
def test_opened_prediction_fits_on_a_phone(new_page, demo):
    page = new_page(viewport={"width": 390, "height": 900})
    open_history_page(page, demo.url, "?mode=Digit")
    page.locator("[class*=st-key-open-] button").first.click()
    dialog = page.get_by_role("dialog")
    first, second = (dialog.get_by_role("img", name=name, exact=True) for name in ("Drawing", "Ink"))
    expect(second).to_be_visible()
    chart = dialog.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    expect(chart).to_be_visible()
    wait_for_run(page)
    wait_for_animations(page)

    assert first.bounding_box()["y"] == second.bounding_box()["y"]
    edge = dialog.get_by_role("button", name="Next").bounding_box()
    box = chart.bounding_box()
    assert box["x"] + box["width"] <= edge["x"] + edge["width"]


@pytest.mark.full
def test_wide_page_shows_all_filters_without_scrolling(new_page, demo):
    page = new_page()
    open_history_page(page, demo.url)
    page.get_by_test_id("stExpander").get_by_text("Filters").click()

    expect(page.locator(".st-key-until")).to_be_in_viewport(ratio=1)
    expect(page.locator(".st-key-confidence")).to_be_in_viewport(ratio=1)


@pytest.mark.full
@pytest.mark.parametrize("width", [1280, 390])
def test_filter_panel_leaves_the_gallery_in_view(new_page, demo, width):
    page = new_page(viewport={"width": width, "height": 900})
    open_history_page(page, demo.url)
    page.get_by_test_id("stExpander").get_by_text("Filters").click()
    page.get_by_label("Contains", exact=True).fill("58")
    page.keyboard.press("Enter")

    expect(page.get_by_text("containing 58")).to_be_visible()
    eventually(lambda: parameters(page), {"text": ["58"]})
    first = page.locator("[class*=st-key-open-] button").first
    expect(first).to_contain_text("58")
    expect(first).to_be_in_viewport()


@pytest.mark.full
@pytest.mark.parametrize(("zone", "count"), [("UTC", 0), ("Asia/Tokyo", 1)])
def test_date_filters_use_the_viewers_time_zone(new_page, data, server, recognizer, zone, count):
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    open_history(data, LOCAL_USER).save(
        recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS, at=late
    )
    page = new_page(timezone_id=zone)
    open_history_page(page, server.url, "?since=2026-03-11&until=2026-03-11")

    expect(page.get_by_text(f"{count} of 1 prediction: from Mar 11, 2026 · to Mar 11, 2026")).to_be_visible()


@pytest.mark.full
def test_history_works_from_the_keyboard(page, demo):
    open_history_page(page, demo.url, "?mode=Digit&verdict=Unsure&sort=Least+confident+first")
    expect(page.locator("[class*=st-key-open-] button").last).to_be_visible()
    wait_for_run(page)
    wanted = {"view", "filters", "sort", "selecting", "clear-filters", "open-"}
    reached = []
    # Past the pictures and around once more, since some elements mount again when they get the focus.
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.closest('[class*=st-key-]')?.className ?? ''"))
        missing = {key for key in wanted if not any(f"st-key-{key}" in name for name in reached)}
        if not missing and "st-key-open-" in reached[-1]:
            break
    else:
        pytest.fail(f"{missing} not among {[name.partition('st-key-')[2] for name in reached]}")

    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(" · everyhand · ")).to_be_visible()
    times = []
    for key in ("n", "n", "p"):
        before = dialog.get_by_text(" · everyhand · ").inner_text()
        wait_for_run(page)
        page.keyboard.press(key)
        expect(dialog.get_by_text(" · everyhand · ")).not_to_have_text(before)
        times.append(dialog.get_by_text(" · everyhand · ").inner_text())
    assert times[2] == times[0]
    dialog.locator("[class*=st-key-ask-] button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Delete permanently")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # After the dialog closes, its shortcuts do nothing.
    page.keyboard.press("n")
    page.locator(".st-key-view").get_by_text("Table", exact=True).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(dialog).to_have_count(0)


@pytest.mark.full
def test_removed_data_folder_is_reported_and_replaced(new_page, tmp_path, screenshot):
    with running_app(DIGITREC_DATA=str(tmp_path / "data")) as server:
        page = new_page()
        open_app(page, server.url)
        read(page, 7)
        shutil.rmtree(tmp_path / "data")
        read(page, 3)
        expect(page.get_by_text("The data folder was removed")).to_be_visible()

        go_to_history(page, "Predicted 3")
        expect(page.get_by_text("The data folder was removed")).to_be_visible()
        screenshot(page, "folder-taken-away")
        page.close()
