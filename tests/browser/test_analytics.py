import csv
import io
from collections import Counter

import pytest
from PIL import Image
from playwright.sync_api import expect

from digitrec.accounts.users import LOCAL_USER
from digitrec.prediction import Mode
from digitrec.storage.filters import Filter
from digitrec.storage.history import open_history
from tests.support.app import eventually, visit, wait_for_animations, wait_for_run

CHARTS = 14
# Of the demo's 400 predictions; the others are numbers.
DIGITS = "366"


@pytest.fixture(scope="module")
def digit_counts(samples_folder):
    """How many predictions of each digit there are."""
    history = open_history(samples_folder, LOCAL_USER)
    digits = history.all(Filter(modes=(Mode.DIGIT,)))
    counts = Counter(saved.text for saved in digits if saved.text)
    history.database.engine.dispose()
    return counts


@pytest.fixture
def open_analytics(new_page, demo):
    """A function that opens the Analytics page and waits until every chart is drawn."""

    def open_analytics(**options):
        page = new_page(**options)
        # Otherwise Chromium would open a dialog to choose a file.
        page.add_init_script("delete window.showSaveFilePicker")
        visit(page, f"{demo.url}/analytics")
        charts = page.get_by_test_id("stVegaLiteChart")
        expect(charts).to_have_count(CHARTS)
        for number in range(CHARTS):
            expect(charts.nth(number).locator("canvas, svg").first).to_be_visible(timeout=20_000)
        return page

    return open_analytics


def digit_filter(page, digit):
    return page.get_by_role("radiogroup", name="Digit").get_by_role("radio", name=digit, exact=True)


def prediction_count(page):
    return page.get_by_test_id("stMetric").filter(has_text="Predictions").get_by_test_id("stMetricValue")


@pytest.mark.full
@pytest.mark.parametrize("has_touch", [False, True])
def test_click_filters_by_digit_and_second_click_resets(open_analytics, has_touch):
    page = open_analytics(has_touch=has_touch)

    def click(digit):
        # Chromium loses clicks on a chart that is being drawn again.
        wait_for_run(page)
        wait_for_animations(page)
        bar = page.locator(f".st-key-digits [aria-label^='Digit: {digit};']").first
        bar.tap() if has_touch else bar.click()

    click(7)
    expect(digit_filter(page, "7")).to_be_checked()
    expect(prediction_count(page)).not_to_have_text(DIGITS)
    click(3)
    expect(digit_filter(page, "3")).to_be_checked()
    click(3)
    expect(digit_filter(page, "All digits")).to_be_checked()
    expect(prediction_count(page)).to_have_text(DIGITS)
    # The filter was reset outside the chart in between, and a click still filters.
    click(7)
    expect(digit_filter(page, "7")).to_be_checked()
    digit_filter(page, "All digits").click()
    expect(prediction_count(page)).to_have_text(DIGITS)
    click(7)
    expect(digit_filter(page, "7")).to_be_checked()


@pytest.mark.full
@pytest.mark.parametrize("width", [360, 853])
def test_no_name_of_a_chart_or_metric_is_cut_off(open_analytics, width):
    page = open_analytics(viewport={"width": width, "height": 800})
    titles = page.locator("[data-testid=stVegaLiteChart] svg .role-title")
    expect(titles).to_have_count(CHARTS)
    is_cut = "e => e.getBoundingClientRect().top < e.closest('svg').getBoundingClientRect().top - 10"
    eventually(lambda: titles.evaluate_all(f"all => all.filter({is_cut}).map(e => e.textContent)"), [])
    names = page.get_by_test_id("stMetricLabel").locator(".stMarkdownEllipsis")
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    eventually(lambda: names.evaluate_all(cut), [])


@pytest.mark.full
def test_digit_filter_works_with_keyboard(open_analytics):
    page = open_analytics()
    digit_filter(page, "All digits").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(digit_filter(page, "0")).to_be_checked()
    expect(prediction_count(page)).not_to_have_text(DIGITS)
    wait_for_run(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(prediction_count(page)).to_have_text(DIGITS)


@pytest.mark.full
@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}, "has_touch": True}])
def test_chart_downloads_as_csv_and_png(open_analytics, digit_counts, options):
    page = open_analytics(**options)
    name = "Predictions by digit and verdict"
    chart = page.locator(".st-key-digits")
    chart.scroll_into_view_if_needed()

    def press(label):
        button = page.get_by_role("button", name=f"{label}: {name}", exact=True)
        if options:
            chart.tap(position={"x": 5, "y": 5})
            button.tap()
        else:
            button.focus()
            page.keyboard.press("Enter")

    with page.expect_download() as download:
        press("Download as PNG")
    with Image.open(download.value.path()) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 200
    press("Show data")
    with page.expect_download() as download:
        press("Download as CSV")
    table = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert list(table[0]) == ["digit", "verdict", "predictions", "selected"]
    counts = Counter()
    for row in table:
        counts[row["digit"]] += int(row["predictions"])
    assert counts == digit_counts
