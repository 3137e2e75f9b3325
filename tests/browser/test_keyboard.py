from playwright.sync_api import expect

from digitrec.samples import samples
from digitrec.web.draw.keyboard import SHORTCUTS
from tests.browser.test_draw import answer, reads, tool
from tests.support.app import draw


def test_escape_and_alt_c_clear_and_alt_z_takes_a_stroke_back(page):
    for keys in ("Escape", "Alt+c"):
        draw(page, samples()[7])
        expect(answer(page)).to_have_text(reads(7))
        page.keyboard.press(keys)
        expect(answer(page)).to_contain_text("The answer appears as you draw")

    draw(page, samples()[1])
    expect(answer(page)).to_have_text(reads(1))
    for _ in samples()[1]:
        page.keyboard.press("Alt+z")
        page.wait_for_timeout(600)
    expect(answer(page)).to_contain_text("The answer appears as you draw")


def test_steps_and_explanation_are_shown_and_hidden_by_keys(page, screenshot):
    draw(page, samples()[7])
    page.keyboard.press("Alt+d")
    page.keyboard.press("Alt+w")
    expect(page.get_by_role("img", name="Scale to [0, 1]", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="For 7: Most of all")).to_be_visible()
    expect(page.get_by_role("img", name="24 feature maps of Convolution 1")).to_be_visible()
    screenshot(page, "draw-explained")

    page.keyboard.press("Alt+d")
    page.keyboard.press("Alt+w")
    expect(page.get_by_role("img", name="Scale to [0, 1]", exact=True)).to_have_count(0)
    expect(page.get_by_role("img", name="For 7: Most of all")).to_have_count(0)


def test_what_it_really_is_is_saved_by_keys(page):
    draw(page, samples()[7])
    expect(page.get_by_text("Saved in your history, as")).to_be_visible()

    expect(page.locator(".st-key-truth button").first).to_be_enabled()
    page.keyboard.press("Alt+s")
    expect(page.locator(".st-key-truth button").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-truth button[data-selected=true]")).to_have_text("1")

    page.goto(page.url.rstrip("/") + "/history")
    expect(page.get_by_text("is 1").first).to_be_visible()


def test_help_lists_every_key_and_escape_there_clears_nothing(page):
    draw(page, samples()[7])
    expect(answer(page)).to_have_text(reads(7))
    page.keyboard.press("Alt+k")
    dialog = page.get_by_role("dialog")
    for shortcut in SHORTCUTS:
        expect(dialog.get_by_text(shortcut.does)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(answer(page)).to_have_text(reads(7))
    expect(tool(page, "clear")).to_be_enabled()


def test_sample_is_chosen_without_a_pointer(page):
    page.locator(".st-key-sample button").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text(reads(1))
