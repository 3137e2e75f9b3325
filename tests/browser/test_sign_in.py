import re
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.support.app import draw, eventually, open_app, wait_for_run
from tests.support.sign_in import ADA, BOB, running_app_with_sign_in, running_provider, sign_in, sign_out

GROUPS = [f"00000000-0000-4000-8000-{number:012}" for number in range(400)]
CAROL = {"sub": "carol", "email": "carol@example.org", "email_verified": True, "name": "Carol", "groups": GROUPS}
IS_RENDERED = """document.readyState === "complete"
    && (!document.querySelector("#root") || document.querySelector("[data-test-script-state=notRunning]"))"""


@pytest.fixture(scope="module")
def provider():
    with running_provider(ADA, BOB, CAROL) as provider:
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
    wait_for_run(page)


def history(page):
    open_page(page, "History")
    return page.locator("[data-testid=stMain]")


@pytest.mark.full
def test_guest_imports_drawings_and_leaves_nothing_behind(page, app, screenshot):
    draw(page, samples()[7])
    page.get_by_text("Saved to your history").wait_for()
    page.reload()
    expect(history(page)).to_contain_text("You're a guest")
    expect(page.get_by_text("1 prediction", exact=True)).to_be_visible()

    sign_in(page, ADA)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_test_id("stToast")).to_have_text(["Imported 1 prediction."])
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

    page.get_by_text("The sign-in was canceled or denied.").wait_for()
    eventually(lambda: "sign-in=" in page.url, False)
    draw(page, samples()[3])
    page.get_by_text("Saved to your history").wait_for()


@pytest.mark.full
@pytest.mark.parametrize("query", ["state=forged&code=1", "code=1", "error=server_error&state=x"])
def test_unsolicited_provider_response_is_rejected(page, app, query):
    page.goto(f"{app.url}/oauth2callback?{query}")

    page.get_by_text("wasn't started in this browser").wait_for()
    page.get_by_role("button", name="Sign in with Google").wait_for()


def test_forged_cookie_is_rejected(page, app):
    forged = "2|1:0|10:1795266141|15:_streamlit_user|4:e30=|0000000000000000"
    page.context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": app.url}])
    page.goto(app.url)

    page.get_by_role("button", name="Sign in with Google").wait_for()


def ask(url, **headers):
    """Return the headers of a response, without following a redirect."""
    with urlopen_without_redirect(urllib.request.Request(url, headers=headers)) as response:
        return response.headers


def urlopen_without_redirect(request):
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        return urllib.request.build_opener(NoRedirect).open(request)
    except urllib.error.HTTPError as error:
        return error


def test_signing_out_ends_copies_of_the_cookie(page, browser, app):
    sign_in(page, BOB)
    copy = browser.new_context()
    copy.add_cookies(page.context.cookies())

    page.evaluate("location.href = '/auth/logout'")
    page.get_by_role("button", name="End session").wait_for()

    with closing(copy.new_page()) as thief:
        thief.goto(app.url)
        thief.get_by_role("button", name="Sign in with Google").wait_for()
    copy.close()


@pytest.mark.parametrize("site", [None, "none", "same-site", "cross-site"])
def test_only_the_app_signs_users_out(app, site):
    headers = ask(f"{app.url}/auth/logout", Cookie="_streamlit_user=x", **({"Sec-Fetch-Site": site} if site else {}))

    assert headers["Location"] == "/"
    assert "_streamlit_user" not in str(headers.get_all("Set-Cookie"))


@pytest.mark.full
def test_user_in_hundreds_of_groups_can_sign_in(page):
    sign_in(page, CAROL)

    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    assert len(cookies) < 4000
    sign_out(page, CAROL)


@pytest.mark.full
def test_cookies_too_long_for_the_websocket_are_deleted(page, app):
    long = [{"name": f"_streamlit_user_{number}", "value": 3000 * "x", "url": app.url} for number in range(3)]
    page.context.add_cookies(long)

    page.goto(app.url)

    page.get_by_role("button", name="Sign in with Google").wait_for()
    assert not any("_streamlit_user" in cookie["name"] for cookie in page.context.cookies())


@pytest.mark.full
def test_admin_disables_and_enables_a_user(page, browser, app):
    other = browser.new_context().new_page()
    open_app(other, app.url)
    sign_in(other, BOB)
    expect(other.get_by_role("link", name="Admin")).to_have_count(0)

    sign_in(page, ADA)
    open_page(page, "Admin")
    page.get_by_text(re.compile(r"\d users, ")).wait_for()
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
        wait_for_run(page)
        draw(page, samples()[3])
        page.get_by_text("Saved to your history").wait_for()
        page.context.close()


@pytest.mark.parametrize("path", ["/", "/history", "/_stcore/health", "/auth/logout", "/static/none.js", "/none"])
def test_every_response_has_security_headers(app, path):
    headers = ask(app.url + path)

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"]


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        pytest.param("http", "digitrec_guest", marks=pytest.mark.full),
        ("https", "__Host-digitrec_guest"),
    ],
)
def test_cookies_are_http_only_and_secure_behind_tls(provider, tmp_path, scheme, name):
    def guest_cookies(sent):
        request = urllib.request.Request(server.url, headers={"Cookie": sent})
        with urllib.request.urlopen(request) as response:
            assert response.headers["Cache-Control"] == "no-store"
            cookies = [value.partition("=") for value in response.headers.get_all("Set-Cookie")]
            return {name: value for name, _, value in cookies if "digitrec_guest" in name}

    with running_app_with_sign_in(tmp_path, provider.url, scheme=scheme) as server:
        cookies = guest_cookies("")
        guessable = guest_cookies(f"{name}=secret")
        planted = [guest_cookies(f"{other}=" + 42 * "x" + "A") for other in {"digitrec_guest", f"\xa0{name}"} - {name}]

    assert list(cookies) == [name]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookies[name].split("; "))
    assert ("Secure" in cookies[name]) == (scheme == "https")
    assert not guessable[name].startswith("secret;")
    for cookies in planted:
        assert list(cookies) == [name]
        assert not cookies[name].startswith("xxx")
