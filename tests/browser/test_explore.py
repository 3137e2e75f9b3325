import re

import pytest
from playwright.sync_api import expect

from tests.support.app import visit, wait_for_animations, wait_for_run

PICTURE = "img[alt='Changed drawing']"
REMEMBER = """([selectors]) => {
    window.elements = selectors.map(selector => document.querySelector(selector));
    window.removed = [];
    new MutationObserver(() => {
        window.elements.forEach((element, number) => {
            if (!element.isConnected) window.removed.push(selectors[number]);
        });
    }).observe(document.body, {childList: true, subtree: true});
}"""


def open_explore(page, server, query=""):
    visit(page, f"{server.url}/explore{query}")
    return page


def test_slider_follows_the_keyboard_without_flicker(new_page, server):
    page = open_explore(new_page(), server, "?chart=Slant")
    slider = page.get_by_role("slider", name="Rotation")
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg").first).to_be_visible()
    before = page.locator(PICTURE).get_attribute("src")
    kept = ["[data-testid=stVegaLiteChart]", "#vary-rotation", ".variation .predictions"]
    page.evaluate(REMEMBER, [kept])

    slider.focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator(PICTURE)).not_to_have_attribute("src", before)
    expect(page).to_have_url(f"{server.url}/explore?chart=Slant&rotation=1")
    wait_for_run(page)
    assert page.evaluate("window.removed") == []
    expect(slider).to_be_focused()

    before = page.locator(PICTURE).get_attribute("src")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    expect(page.locator(PICTURE)).not_to_have_attribute("src", before)
    page.mouse.up()
    expect(page).to_have_url(re.compile("chart=Slant&rotation=-"))
    wait_for_run(page)
    # Streamlit must not forget the sliders when another part of the page changes the address.
    page.get_by_test_id("stSelectbox").filter(has_text="Model").first.get_by_role("combobox").press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("rotation=.*explored-model=baseline|explored-model=baseline.*rotation="))
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile("rotation"))


def test_back_and_forward_move_the_sliders(new_page, server):
    page = open_explore(new_page(), server)
    slider = page.get_by_role("slider", name="Rotation")
    for rotation in (1, 2):
        slider.press("ArrowRight")
        expect(page).to_have_url(f"{server.url}/explore?rotation={rotation}")
    wait_for_run(page)

    page.go_back()
    expect(slider).to_have_value("1")
    page.go_back()
    expect(slider).to_have_value("0")
    page.go_forward()
    expect(slider).to_have_value("1")
    expect(page).to_have_url(f"{server.url}/explore?rotation=1")


def test_back_undoes_a_reset_of_several_sliders(new_page, server):
    page = open_explore(new_page(), server, "?rotation=10&slant=5&size=90")
    slider = page.get_by_role("slider", name="Rotation")
    expect(slider).to_have_value("10")
    page.get_by_role("button", name="Reset").click()
    expect(page).to_have_url(f"{server.url}/explore")
    wait_for_run(page)

    page.go_back()

    expect(page).to_have_url(f"{server.url}/explore?rotation=10&slant=5&size=90")
    expect(slider).to_have_value("10")


@pytest.mark.full
def test_pictures_stay_in_view_above_the_sliders_of_a_phone(new_page, server):
    page = open_explore(new_page(viewport={"width": 390, "height": 844}), server)
    slider = page.get_by_role("slider", name="Contrast")

    slider.scroll_into_view_if_needed()

    expect(page.locator(PICTURE)).to_be_in_viewport(ratio=1)
    pictures, below = page.locator(".variation .pictures").bounding_box(), slider.bounding_box()
    assert pictures["y"] + pictures["height"] <= below["y"]


@pytest.mark.full
def test_prediction_of_the_history_is_explored(new_page, demo):
    page = new_page()
    visit(page, f"{demo.url}/history?mode=Digit&verdict=Confident")
    page.locator("[class*=st-key-open-] button").first.click()
    page.get_by_role("button", name="Explore").click()

    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"drawing=Prediction\+\d+%3A"))


@pytest.mark.full
def test_second_drawing_is_chosen_by_image_with_the_keyboard(new_page, demo):
    page = open_explore(new_page(), demo, "?explore=Compare+drawings")
    page.get_by_role("button", name="Choose by image").last.focus()
    page.keyboard.press("Enter")
    sample = page.get_by_role("button", name="Sample 3", exact=True)
    sample.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Sample 3")).to_be_visible()
    expect(sample).to_have_count(0)


@pytest.mark.full
@pytest.mark.parametrize("width", [1280, 390])
def test_map_fits_the_screen_and_opens_the_clicked_digit(new_page, demo, width):
    page = open_explore(new_page(viewport={"width": width, "height": 844}), demo, "?explore=Map")
    chart = page.get_by_test_id("stVegaLiteChart").locator("svg").first
    expect(chart).to_be_visible()
    wait_for_animations(page)
    box = chart.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width

    # Another dot may lie on top of it.
    chart.locator("g.mark-symbol path").nth(900).click(force=True)

    expect(page.locator("img[alt*='MNIST'], img[alt*='pen digits']")).to_be_visible()


@pytest.mark.full
def test_own_prediction_on_the_map_is_explored(new_page, demo):
    page = open_explore(new_page(), demo, "?explore=Map")
    own = page.get_by_test_id("stVegaLiteChart").locator("g.mark-symbol.layer_1_marks path")
    own.first.click(force=True)
    page.get_by_role("button", name="Open prediction").click()

    page.get_by_role("dialog").get_by_role("button", name="Explore").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"drawing=Prediction\+\d+%3A"))
