import urllib.request

import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.support.app import draw, eventually, open_app
from tests.support.sign_in import ADA, BOB, running_app_with_sign_in, running_provider, sign_in, sign_out

IS_RENDERED = """document.readyState === "complete"
    && (!document.querySelector("#root") || document.querySelector("[data-test-script-state=notRunning]"))"""


@pytest.fixture(scope="module")
def provider():
    with running_provider(ADA, BOB) as provider:
        yield provider


@pytest.fixture(scope="module")
def app(provider, tmp_path_factory):
    with running_app_with_sign_in(tmp_path_factory.mktemp("app"), provider.url, DIGITREC_ADMINS=ADA["email"]) as server:
        yield server


@pytest.fixture
def page(browser, app):
    """Return the Draw page, opened by a new guest."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_app(page, app.url)
    yield page
    context.close()


def open_page(page, name):
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()


def history(page):
    open_page(page, "History")
    return page.locator("[data-testid=stMain]")


def test_guest_imports_drawings_and_leaves_nothing_behind(page, app, screenshot):
    draw(page, samples()[7])
    page.get_by_text("Saved to your history").wait_for()
    page.reload()
    expect(history(page)).to_contain_text("You're a guest")
    expect(page.get_by_text("1 prediction", exact=True)).to_be_visible()

    sign_in(page, ADA)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Import", exact=True).wait_for(state="detached")
    expect(history(page)).to_contain_text("1 prediction")
    expect(history(page)).not_to_contain_text("You're a guest")
    open_page(page, "Account")
    page.get_by_text("Ada Lovelace").first.wait_for()
    page.get_by_text("ada@example.org").first.wait_for()
    screenshot(page, "account-light-1280")

    expect(history(page)).to_contain_text("1 prediction")
    other_tab = page.context.new_page()
    open_app(other_tab, app.url)
    other_tab.get_by_role("button", name="Ada Lovelace").wait_for()
    sign_out(page, ADA)
    draw(other_tab, samples()[3])
    other_tab.get_by_text("Sign in again").wait_for()
    open_page(other_tab, "History")
    other_tab.get_by_text("No predictions yet").wait_for()
    other_tab.close()
    page.goto(app.url)
    page.get_by_role("button", name="Sign in with Google").wait_for()
    expect(history(page)).to_contain_text("No predictions yet")
    for _ in range(3):
        page.go_back()
        page.wait_for_function(IS_RENDERED)
        assert "Ada" not in page.content()

    page.goto(app.url)
    sign_in(page, BOB)
    expect(history(page)).to_contain_text("No predictions yet")
    sign_out(page, BOB)


@pytest.mark.full
def test_canceled_sign_in_leaves_a_guest(page, app):
    page.get_by_role("button", name="Sign in with Google").click()
    page.get_by_role("button", name="Deny").click()

    page.get_by_text("You canceled the sign-in.").wait_for()
    eventually(lambda: "sign-in=" in page.url, False)
    draw(page, samples()[3])
    page.get_by_text("Saved to your history").wait_for()


@pytest.mark.parametrize(
    "query",
    [
        "state=forged&code=1",
        *(pytest.param(query, marks=pytest.mark.full) for query in ("code=1", "error=server_error&state=x")),
    ],
)
def test_unsolicited_provider_response_is_rejected(page, app, query):
    page.goto(f"{app.url}/oauth2callback?{query}")

    page.get_by_text("wasn't started here").wait_for()
    page.get_by_role("button", name="Sign in with Google").wait_for()


def test_forged_cookie_is_rejected(page, app):
    forged = "2|1:0|10:1795266141|15:_streamlit_user|4:e30=|0000000000000000"
    page.context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": app.url}])
    page.goto(app.url)

    page.get_by_role("button", name="Sign in with Google").wait_for()


@pytest.mark.full
def test_admin_disables_and_enables_a_user(page, browser, app):
    other = browser.new_context().new_page()
    open_app(other, app.url)
    sign_in(other, BOB)
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)

    sign_in(page, ADA)
    open_page(page, "Admin")
    page.get_by_text("2 users, ").wait_for()
    page.get_by_role("button", name="Disable account").click()
    page.get_by_role("button", name="Enable account").wait_for()

    other.reload()
    other.get_by_text("Your account is disabled").wait_for()
    page.get_by_role("button", name="Enable account").click()
    page.get_by_role("button", name="Disable account").wait_for()
    other.reload()
    other.get_by_role("button", name="Bob").wait_for()
    other.context.close()


@pytest.mark.full
def test_unreachable_provider_leaves_a_guest(browser, tmp_path):
    with running_app_with_sign_in(tmp_path, "http://localhost:1") as server:
        page = browser.new_context().new_page()
        open_app(page, server.url)
        page.get_by_role("button", name="Sign in with Google").click()

        page.get_by_text("can't be reached").wait_for()
        page.locator("canvas.upper-canvas").wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for()
        draw(page, samples()[3])
        page.get_by_text("Saved to your history").wait_for()
        page.context.close()


@pytest.mark.parametrize("path", ["/", "/history", "/_stcore/health", "/auth/logout", "/static/none.js", "/none"])
def test_every_response_has_security_headers(app, path):
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        headers = urllib.request.build_opener(NoRedirect).open(app.url + path).headers
    except urllib.error.HTTPError as error:
        headers = error.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_http_only_and_secure_behind_tls(provider, tmp_path, scheme):
    with (
        running_app_with_sign_in(tmp_path, provider.url, scheme=scheme) as server,
        urllib.request.urlopen(server.url) as response,
    ):
        [cookie] = [value for value in response.headers.get_all("Set-Cookie") if value.startswith("digitrec_guest=")]
        cached = response.headers["Cache-Control"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) == (scheme == "https")
    assert cached == "no-store"
