"""Every page runs under the router, even if it is the first one opened after a start."""

import pytest

from digitrec.config import ROOT
from digitrec.samples import samples
from tests.support.app import running_app
from tests.support.client import Session, finish

pytestmark = pytest.mark.server


async def visit_and_draw(url, page):
    async with Session(url, page) as session:
        text = session.opened.text
    async with Session(url) as session:
        return text, await session.draw(samples()[7])


@pytest.mark.parametrize(
    ("entry", "page"), [("streamlit_app.py", "history"), pytest.param("server.py", "analytics", marks=pytest.mark.full)]
)
def test_first_visit_to_a_page_runs_the_router(entry, page, tmp_path):
    with running_app(entry, DIGITREC_DATA=str(tmp_path)) as server:
        text, drawing = finish(visit_and_draw(server.url, page))

    # The router writes the title.
    assert text.splitlines()[0] == page.capitalize()
    assert drawing.is_saved


def test_invalid_setting_is_shown_without_server_py(app, setting):
    setting("KEEP_DAYS", "ten")

    app.run()

    assert [error.value for error in app.error] == [
        "digitrec can't start: DIGITREC_KEEP_DAYS must be a whole number of at least 1."
    ]
    assert not app.exception


@pytest.mark.parametrize("page", sorted(ROOT.glob("pages/*.py")), ids=lambda page: page.stem)
def test_page_requires_the_router(page):
    assert "\nrequire_router(__file__)\n" in page.read_text()
