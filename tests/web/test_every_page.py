from pathlib import Path

import pytest

# The page of administrators is there for them alone; test_admin.py opens it.
PAGES = sorted({path.name for path in (Path(__file__).parents[2] / "pages").glob("*.py")} - {"admin.py"})


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_through_the_entry_script_with_one_title(app, page):
    app.switch_page(f"pages/{page}").run()

    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == [page.removesuffix(".py").capitalize()]
