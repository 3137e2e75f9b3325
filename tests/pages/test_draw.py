import re
import shutil

import pytest
from PIL import Image

from digitrec.recognition.models import CARD_FILE, LITERT_FILE
from digitrec.samples import samples
from digitrec.settings import settings
from digitrec.ui.recognizers import load_recognizer
from tests.pages.actions import draw, text, upload
from tests.pictures import drawing_png, encoded, photo


def bars(app):
    return [float(width) for width in re.findall(r"width:([\d.]+)%;background:#", app.get("html")[0].proto.body)]


def test_empty_canvas_says_what_to_do(app):
    assert "The answer appears as you draw" in text(app)
    assert bars(app) == [0] * 10
    assert [button.disabled for button in app.button if button.label in ("Clear", "Undo")] == [True, True]


@pytest.mark.parametrize("digit", range(10))
def test_drawing_is_read_with_a_bar_for_every_digit(app, digit):
    draw(app, digit)

    assert not app.exception
    assert text(app).split()[0] == str(digit)
    assert "confidence" in text(app)
    assert bars(app).index(max(bars(app))) == digit
    assert len(bars(app)) == 10


def test_clear_empties_the_canvas_at_once(app):
    draw(app, 7)
    app.button(key="clear").click().run()

    assert "The answer appears as you draw" in text(app)


def test_undo_takes_the_last_stroke_back(app):
    draw(app, 7)
    app.button(key="undo").click().run()
    assert not app.exception
    assert len(app.session_state["drawing"].objects) == len(samples()[7]) - 1
    assert "confidence" in text(app)

    app.button(key="undo").click().run()
    assert "The answer appears as you draw" in text(app)


@pytest.mark.parametrize("digit", range(10))
def test_sample_is_read_with_one_click(app, digit):
    app.get_by_key("sample").set_value(digit).run()

    assert text(app).split()[0] == str(digit)
    assert not app.button(key="clear").disabled


def test_drawing_is_still_there_after_another_page(app):
    draw(app, 7)
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/draw.py").run()

    assert text(app).split()[0] == "7"


def test_steps_are_shown_on_request(app):
    draw(app, 7)
    assert "Bounding box" not in text(app)

    app.toggle(key="debug").set_value(True).run()

    for step in ("Drawing", "Ink", "Bounding box", "Fit 20x20", "Centre 28x28", "Scale to [0, 1]"):
        assert step in text(app)
    assert app.get("html")[-1].proto.body.count("data:image/png;base64,") == 6


def test_uploaded_picture_is_read_and_its_steps_are_shown(app):
    upload(app, "seven.jpg", encoded(photo(7), "JPEG"))
    app.toggle(key="debug").set_value(True).run()

    assert text(app).split()[0] == "7"
    assert "dark ink on light paper" in text(app)


def test_photograph_is_read(app):
    app.segmented_control(key="way").set_value("Camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encoded(photo(3), "JPEG")).run()

    assert text(app).split()[0] == "3"


def test_picture_that_cannot_be_read_is_said_in_a_sentence(app):
    upload(app, "seven.png", drawing_png(7)[:200])

    assert not app.exception
    assert "This cannot be read" in text(app)
    assert "picture" in text(app)


def test_picture_of_empty_paper_is_no_digit(app):
    upload(app, "empty.png", encoded(Image.new("L", (90, 90), 250)))

    assert "No ink found" in text(app)


@pytest.fixture
def models(tmp_path, setting):
    """A folder of models that a test may break."""
    shutil.copytree(settings().models, tmp_path / "model")
    setting("MODELS", tmp_path / "model")
    load_recognizer.clear()
    yield tmp_path / "model"
    load_recognizer.clear()


@pytest.mark.parametrize("name", [CARD_FILE, LITERT_FILE])
@pytest.mark.parametrize("harm", ["removed", "cut off"])
def test_model_that_cannot_be_used_is_named_with_the_command_that_makes_it(app, models, name, harm):
    path = models / "baseline" / name
    content = path.read_bytes()
    path.unlink() if harm == "removed" else path.write_bytes(content[:500])

    app.run()

    assert not app.exception
    assert str(path) in app.error[0].value
    assert "python -m digitrec train" in app.code[0].value

    path.write_bytes(content)
    app.run()
    assert not app.error
    assert "Draw a digit" in text(app)
