from datetime import UTC, datetime, timedelta

import pytest

from digitrec.prediction import InputMethod
from digitrec.storage.filters import NO_FILTER, Order
from digitrec.web.history.selection import rows_key
from tests.support.page_actions import draw, text
from tests.support.pictures import drawing_png

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def kept(history, recognizer):
    """Thirty records, the newest first."""
    read = [recognizer.recognize(drawing_png(digit), InputMethod.CANVAS) for digit in range(3)]
    saved = [
        history.save(read[number % 3], InputMethod.CANVAS, at=NOON - timedelta(hours=number)) for number in range(30)
    ]
    assert history.page(NO_FILTER, Order.NEWEST, 30) == saved
    return saved


@pytest.fixture
def selecting(open_history_page, kept):
    app = open_history_page()
    return app.toggle(key="selecting").set_value(True).run()


def said(app):
    return " ".join(markdown.value for markdown in app.markdown)


def check(app, saved):
    return app.checkbox(key=f"select-{saved.image}").check().run()


def test_what_is_selected_on_two_pages_is_deleted_and_nothing_else(selecting, kept, history):
    app = check(check(selecting, kept[1]), kept[5])
    app.get_by_key("page").set_value(2).run()
    check(app, kept[27])
    assert "3 selected" in said(app)

    app.button(key="delete-selected").click().run()
    assert "3 records will be deleted for good" in said(app)
    assert history.count() == 30
    app.button(key="delete-for-good").click().run()

    assert not app.exception
    assert list(history.all()) == [saved for saved in kept if saved not in (kept[1], kept[5], kept[27])]
    assert all(history.picture(saved) is None for saved in (kept[1], kept[5], kept[27]))
    assert "0 selected" in said(app)


def test_whatever_arrives_meanwhile_is_not_deleted(selecting, kept, history, recognizer):
    app = check(selecting, kept[0])
    app.button(key="select-all").click().run()
    assert "24 selected" in said(app)

    # One is deleted elsewhere, and its id given again; the drawing of another goes on.
    read = recognizer.recognize(drawing_png(7), InputMethod.CANVAS)
    history.delete(kept[0].prediction_id)
    gone_on = history.save(read, InputMethod.CANVAS, instead=kept[3])
    newer = [history.save(read, InputMethod.CANVAS) for _ in range(3)]
    app.button(key="delete-selected").click().run()
    assert "22 records will be deleted" in said(app)
    newest = history.save(read, InputMethod.CANVAS)
    app.button(key="delete-for-good").click().run()

    assert set(history.all()) == {*newer, newest, gone_on, *kept[24:]}


def test_rows_of_the_table_are_selected_and_stay_those_when_others_move_them(selecting, kept, history, recognizer):
    app = selecting.segmented_control(key="view").set_value("Table").run()
    app.session_state[rows_key(kept[:24])] = {"selection": {"rows": [0, 2]}}
    app.run()
    assert "2 selected" in said(app)

    newer = history.save(recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS)
    app.run()
    assert "2 selected" in said(app)
    app.button(key="delete-selected").click().run()
    app.button(key="delete-for-good").click().run()

    assert set(history.all()) == {newer, *kept} - {kept[0], kept[2]}


def test_gallery_and_table_show_the_same_selection(selecting, kept):
    app = check(selecting, kept[1])
    app.segmented_control(key="view").set_value("Table").run()
    assert "1 selected" in said(app)
    app.button(key="select-all").click().run()
    app.segmented_control(key="view").set_value("Gallery").run()

    assert [checkbox.value for checkbox in app.checkbox] == [True] * 24
    app.button(key="select-none").click().run()
    assert [checkbox.value for checkbox in app.checkbox] == [False] * 24
    assert "0 selected" in said(app)


def test_nothing_is_deleted_by_who_thinks_again(selecting, kept, history):
    app = check(selecting, kept[1])
    app.button(key="delete-selected").click().run()
    app.button(key="keep").click().run()

    assert not app.exception
    assert history.count() == 30
    assert "1 selected" in said(app)


def test_ending_to_select_selects_nothing(selecting, kept):
    app = check(selecting, kept[1])
    app.toggle(key="selecting").set_value(False).run()
    assert not app.checkbox
    app.toggle(key="selecting").set_value(True).run()

    assert "0 selected" in said(app)


def test_deleted_drawing_is_not_kept_anew_while_it_is_on_the_canvas(app, open_history_page, history):
    draw(app, 7)
    (saved,) = history.newest(5)
    open_history_page().toggle(key="selecting").set_value(True).run()
    check(app, saved)
    app.button(key="delete-selected").click().run()
    app.button(key="delete-for-good").click().run()
    app.switch_page("pages/draw.py").run()

    assert history.count() == 0
    assert "You deleted this one" in text(app)
