import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from digitrec.cli import main
from tests.support.app import open_app, running_app, running_browser, wait_for_animations
from tests.support.chromium import find

# A busy machine takes its time.
expect.set_options(timeout=20_000)
SCREENSHOTS = Path(__file__).parents[2] / "test-output" / "screenshots"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running_app(DIGITREC_DATA=str(tmp_path_factory.mktemp("data"))) as server:
        yield server


@pytest.fixture(scope="session")
def samples_folder(tmp_path_factory):
    """A folder with a history full of samples."""
    folder = tmp_path_factory.mktemp("samples")
    assert main(["demo", "--data", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def demo(samples_folder):
    """A server on a history full of samples, which stays as it is."""
    with running_app(DIGITREC_DATA=str(samples_folder)) as server:
        yield server


@pytest.fixture(scope="session")
def browser():
    if not find():
        pytest.skip("no Chromium on this machine; `make test` installs one")
    with running_browser() as browser:
        yield browser


def is_error(message):
    """Whether something went wrong, other than what Streamlit tries when a page is opened by its own address."""
    tried = re.search(r"/\w+/_stcore/", message.location["url"])
    return message.type == "error" and not tried


def is_failure(request):
    """Whether a request failed, other than those a page takes back when it goes elsewhere."""
    return request.failure != "net::ERR_ABORTED"


@pytest.fixture
def new_page(browser, server):
    """Opens pages in separate contexts, and fails the test if any wrote an error to its console.

    The server outlives them: a page whose server is gone complains about what it had yet to load.
    """
    contexts, problems = [], []

    def new_page(**options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if is_error(message) else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(request.url) if is_failure(request) else None)
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(new_page, server):
    """The Draw page, ready to be drawn on."""
    page = new_page()
    open_app(page, server.url)
    return page


@pytest.fixture
def screenshot():
    """Keeps a screenshot of a page, from top to bottom, under test-output, for people to look at."""

    def screenshot(page, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # Streamlit scrolls inside the page, so that only a taller window shows all of it.
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
        wait_for_animations(page)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return screenshot
