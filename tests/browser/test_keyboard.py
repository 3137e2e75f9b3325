import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from digitrec.web.draw.keyboard import SHORTCUTS
from tests.browser.test_draw import announcement, announces
from tests.support.app import app_run, draw


@pytest.mark.full
def test_escape_and_alt_c_clear_and_alt_z_undoes(page):
    for keys in ("Escape", "Alt+c"):
        draw(page, samples()[7])
        expect(announcement(page)).to_have_text(announces(7))
        page.keyboard.press(keys)
        expect(page.locator(".stMain:focus-visible")).to_have_count(0)
        expect(announcement(page)).to_contain_text("The prediction appears as you draw")

    draw(page, samples()[1])
    expect(announcement(page)).to_have_text(announces(1))
    for _ in samples()[1]:
        page.keyboard.press("Alt+z")
    expect(announcement(page)).to_contain_text("The prediction appears as you draw")


@pytest.mark.full
def test_keys_open_each_tab(page, screenshot):
    draw(page, samples()[7])
    for keys, image in (
        ("Alt+d", "Network input"),
        ("Alt+w", "For 7. Strongest"),
        ("Alt+f", "24 feature maps of Convolution 1"),
    ):
        page.keyboard.press(keys)
        expect(page.get_by_role("img", name=image).first).to_be_visible()
        screenshot(page, f"draw-{keys[-1]}")

    page.keyboard.press("Alt+r")
    expect(page.get_by_role("tab", name="Recent")).to_have_attribute("aria-selected", "true")


@pytest.mark.full
def test_label_is_saved_with_the_keyboard(page):
    draw(page, samples()[7])
    expect(page.get_by_text("Saved to your history")).to_be_visible()

    expect(page.locator(".st-key-correct-label button").first).to_be_enabled()
    page.keyboard.press("Alt+s")
    expect(page.locator(".st-key-correct-label button").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    with app_run(page):
        page.keyboard.press("Enter")
    expect(page.locator(".st-key-correct-label button[data-selected=true]")).to_have_text("1")

    page.goto(page.url.rstrip("/") + "/history")
    expect(page.get_by_text("labeled 1").first).to_be_visible()


@pytest.mark.full
def test_help_lists_all_shortcuts_and_escape_closes_it(page):
    draw(page, samples()[7])
    expect(announcement(page)).to_have_text(announces(7))
    page.keyboard.press("Alt+k")
    dialog = page.get_by_role("dialog")
    for shortcut in SHORTCUTS:
        expect(dialog.get_by_text(shortcut.action)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(announcement(page)).to_have_text(announces(7))


@pytest.mark.full
def test_sample_is_chosen_with_the_keyboard(page):
    page.locator(".st-key-sample button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('[role=menu]')")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(announcement(page)).to_have_text(announces(1))
    expect(page.locator(".st-key-sample button")).to_be_focused()


@pytest.mark.full
def test_popover_opened_with_the_keyboard_gets_the_focus(page):
    button = page.locator(".st-key-choose-brush button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radiogroup", name="Brush size").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.full
def test_focus_shows_on_links_to_pages(page):
    link = page.get_by_role("link", name="History")
    page.keyboard.press("Tab")
    link.focus()
    expect(link).to_have_css("outline-style", "solid")
