from pathlib import Path

import pytest

# Only admins can open the Admin page; test_sign_in.py does.
PAGES = sorted({path.name for path in (Path(__file__).parents[2] / "pages").glob("*.py")} - {"admin.py"})


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_with_one_title(app, page):
    app.switch_page(f"pages/{page}").run()

    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == [page.removesuffix(".py").capitalize()]
