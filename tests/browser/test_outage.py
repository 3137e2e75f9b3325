import pytest
from playwright.sync_api import expect

from digitrec.samples import samples
from tests.support.app import draw, open_app, running_app
from tests.support.databases import running_postgresql


@pytest.mark.full
def test_drawing_is_saved_when_the_database_returns(new_page, tmp_path_factory):
    page = new_page()
    folder = tmp_path_factory.mktemp("postgresql")
    with (
        running_postgresql(folder) as database,
        running_app(DIGITREC_DATA=str(tmp_path_factory.mktemp("data")), DATABASE_URL=database.get_uri()) as server,
    ):
        open_app(page, server.url)
        database.stop()

        draw(page, samples()[3])
        page.get_by_text("so nothing is being saved").wait_for()
        page.get_by_text("● Confident", exact=True).wait_for()
        database.start()

        page.get_by_text("Saved to your history").wait_for()
        expect(page.get_by_text("so nothing is being saved")).to_have_count(0)
        page.context.close()
