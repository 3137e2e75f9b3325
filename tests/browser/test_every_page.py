"""Every page: no serious findings by axe, nothing wider than the screen, and screenshots to review."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, write_number
from tests.support.app import draw, eventually, open_app, visit, wait_for_animations, wait_for_run
from tests.support.sign_in import ADA, running_app_with_sign_in, running_provider, sign_in

STREAMLIT_FINDINGS = ["[data-testid=stMetricChart]"]
"""Known findings in elements of Streamlit itself, listed in docs/accessibility.md."""
TOO_WIDE = "(main => main.scrollWidth > main.clientWidth)(document.querySelector('[data-testid=stMain]'))"
FORMS = [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")]
AXE_FORMS = FORMS[:2]
"""Findings depend on the width or on the color scheme, not on the combination, so these two are enough."""


def findings(page):
    """Return what axe finds serious or critical."""
    return [
        f"{page.url} {rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in Axe().run(page, {"exclude": [STREAMLIT_FINDINGS]}).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.fixture
def looks_well(screenshot):
    """Check a page for axe findings and for overflow at each width and color scheme, and take screenshots."""

    def looks_well(page, name):
        wait_for_run(page)
        for width, scheme in FORMS if "FULL" in os.environ else FORMS[1:2]:
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            wait_for_animations(page)
            if (width, scheme) in AXE_FORMS:
                eventually(lambda: findings(page), [])
            # Streamlit scrolls inside the page.
            eventually(lambda: page.evaluate(TOO_WIDE), False)
            screenshot(page, f"{name}-{width}-{scheme}")

    return looks_well


@pytest.mark.parametrize(
    ("tab", "image"),
    [
        ("Steps", "Network input"),
        pytest.param("Saliency maps", "For 7. Strongest", marks=pytest.mark.full),
        pytest.param("Feature maps", "feature maps of Convolution 8", marks=pytest.mark.full),
    ],
)
def test_draw_page_with_details_is_accessible(new_page, server, looks_well, tab, image):
    page = new_page()
    open_app(page, server.url)
    draw(page, samples()[7])
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("img", name=image).last).to_be_visible()

    looks_well(page, f"draw-{tab.lower().replace(' ', '-')}")


@pytest.mark.full
def test_number_mode_with_all_steps_is_accessible(new_page, server, looks_well):
    page = new_page()
    open_app(page, server.url)
    page.get_by_text("Number", exact=True).click()
    expect(page.locator(".st-key-wide-canvas canvas.upper-canvas")).to_have_attribute("width", str(NUMBER_CANVAS_WIDTH))
    draw(page, write_number("2026", samples()))
    page.keyboard.press("Alt+d")
    expect(page.get_by_role("tab", name="Digit 4: 6")).to_be_visible()

    looks_well(page, "number")


@pytest.mark.full
@pytest.mark.parametrize("view", ["Gallery", "Table"])
def test_history_is_accessible(new_page, demo, looks_well, view):
    page = new_page()
    visit(page, f"{demo.url}/history?view={view}")
    expect(page.locator("[class*=st-key-open-] button, [data-testid=stDataFrame]").last).to_be_visible()

    looks_well(page, f"history-{view.lower()}")


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("analytics", "Least confident digits"),
        ("explore", "Change the drawing and watch"),
        ("explore?explore=Similar+digits", "nearest digits"),
        ("explore?explore=Map", "Each dot is a training digit"),
        ("explore?explore=Compare+drawings", "apart"),
        ("explore?explore=Fool+the+model", "pixels change"),
        ("models", "Medians on one CPU core"),
        ("about", "Your data"),
        ("account", "Your data"),
    ],
)
def test_other_pages_are_accessible(new_page, demo, looks_well, name, shown):
    page = new_page()
    visit(page, f"{demo.url}/{name}")
    expect(page.get_by_text(shown).first).to_be_visible()

    looks_well(page, name)


@pytest.mark.full
def test_account_and_admin_pages_are_accessible(browser, tmp_path, looks_well):
    with (
        running_provider(ADA) as provider,
        running_app_with_sign_in(tmp_path, provider.url, DIGITREC_ADMINS=ADA["email"]) as app,
    ):
        page = browser.new_page()
        open_app(page, app.url)
        sign_in(page, ADA)
        for name in ("Account", "Admin"):
            page.get_by_role("link", name=name).first.click()
            page.get_by_role("heading", name=name, exact=True).wait_for()
            looks_well(page, f"{name.lower()}-signed-in")
            page.set_viewport_size({"width": 1280, "height": 844})
        page.close()
