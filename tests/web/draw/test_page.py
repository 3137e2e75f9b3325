import re
import shutil

import numpy as np
import pytest
from PIL import Image

from digitrec.config import settings
from digitrec.imaging.strokes import Stroke
from digitrec.recognition.models.cards import CARD_FILE
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import samples
from tests.support.damaged_files import mutate, sample_files
from tests.support.page_actions import draw, text, upload
from tests.support.pictures import canvas_state, drawing_png, encode_image, photo


def bars(app):
    return [float(width) for width in re.findall(r"width:([\d.]+)%;background:#", app.get("html")[0].proto.body)]


def test_empty_canvas_says_what_to_do(app):
    assert "The prediction appears as you draw" in text(app)
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

    assert "The prediction appears as you draw" in text(app)


def test_undo_takes_the_last_stroke_back(app):
    draw(app, 7)
    app.button(key="undo").click().run()
    assert not app.exception
    assert len(app.session_state["session"].drawing.objects) == len(samples()[7]) - 1
    assert "confidence" in text(app)

    app.button(key="undo").click().run()
    assert "The prediction appears as you draw" in text(app)


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

    app.toggle(key="steps").set_value(True).run()

    for step in (
        "Drawing",
        "Ink",
        "Bounding box",
        "Crop",
        "Stroke width",
        "Fit 20x20",
        "Centre 28x28",
        "Scale to [0, 1]",
    ):
        assert step in text(app)
    assert app.get("html")[-2].proto.body.count("data:image/png;base64,") == 8


def test_uploaded_picture_is_read_and_its_steps_are_shown(app):
    upload(app, "seven.jpg", encode_image(photo(7), "JPEG"))
    app.toggle(key="steps").set_value(True).run()

    assert text(app).split()[0] == "7"
    assert "dark ink on light paper" in text(app)


def test_photograph_is_read(app):
    app.segmented_control(key="draw-input").set_value("camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encode_image(photo(3), "JPEG")).run()

    assert text(app).split()[0] == "3"


def test_picture_that_cannot_be_read_is_said_in_a_sentence(app):
    upload(app, "seven.png", drawing_png(7)[:200])

    assert not app.exception
    assert "Can't read this image" in text(app)
    assert "picture" in text(app)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_damaged_files_end_in_an_answer_or_a_sentence_and_are_kept_nowhere(app, history):
    random = np.random.default_rng(0)
    for number, file in enumerate(sample_files()[::3]):
        upload(app, f"{number}.png", mutate(file, random))

        assert not app.exception
        assert any(said in text(app) for said in ("confidence", "Not a digit", "No ink found", "Can't read this image"))
    assert len([path for path in (settings().data / "images").rglob("*") if path.is_file()]) == history.count()


def test_damaged_photograph_is_said_in_a_sentence(app):
    app.segmented_control(key="draw-input").set_value("camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encode_image(photo(3), "JPEG")[:300]).run()

    assert not app.exception
    assert "Can't read this image" in text(app)


def test_picture_of_empty_paper_is_no_digit(app):
    upload(app, "empty.png", encode_image(Image.new("L", (90, 90), 250)))

    assert "No ink found" in text(app)


@pytest.fixture
def models(tmp_path, setting):
    """A folder of models that a test may break."""
    shutil.copytree(settings().models, tmp_path / "model")
    setting("MODELS", tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", [CARD_FILE, LITERT_FILE])
@pytest.mark.parametrize("harm", ["removed", "cut off"])
def test_model_that_cannot_be_used_is_named_with_the_command_that_makes_it(app, models, name, harm):
    path = models / "everyhand" / name
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


def test_one_model_reads_unless_two_are_chosen(app):
    draw(app, 7)
    assert app.get_by_key("models").value == ["everyhand"]
    assert text(app).count("confidence") == 1

    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()

    assert not app.exception
    assert "Both models predict 7" in text(app)
    assert text(app).count("confidence") == 2
    assert text(app).index("everyhand") < text(app).index("baseline")


def test_what_two_models_see_otherwise_is_marked(app):
    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()
    # Two digits at once: the baseline knows nothing but single digits.
    app.session_state["canvas"] = canvas_state(beside_each_other(2, 5))
    app.run()

    assert "The models disagree: everyhand rejects it, baseline predicts" in text(app)
    assert "Not a digit" in text(app)
    assert "several digits" in text(app)


def test_a_third_model_takes_the_place_of_the_first_and_none_that_of_all(app):
    app.get_by_key("models").set_value(["baseline"]).run()
    assert app.get_by_key("models").value == ["baseline"]

    app.get_by_key("models").set_value([]).run()
    assert app.get_by_key("models").value == ["everyhand"]


def test_record_says_which_model_read(app, history):
    draw(app, 7)
    assert history.newest(1)[0].model == "everyhand"

    app.get_by_key("models").set_value(["baseline"]).run()

    assert [saved.model for saved in history.newest(10)] == ["baseline"]


def beside_each_other(left, right):
    def moved(stroke, shift):
        return Stroke(tuple((x / 2 + shift, y / 2 + 70) for x, y in stroke.points), 10)

    return [
        *(moved(stroke, 0) for stroke in samples()[left]),
        *(moved(stroke, 140) for stroke in samples()[right]),
    ]


def test_why_is_answered_on_request_for_each_model_that_reads(app):
    draw(app, 7)
    assert "For 7" not in text(app)

    app.toggle(key="saliency").set_value(True).run()
    assert "For 7" in text(app)
    assert "Against 1" in text(app)
    assert "Convolution 8 : 96 filters, 7×7" in text(app)

    app.pills(key="models").set_value(["everyhand", "baseline"]).run()
    assert text(app).count("For 7") == 2
    assert "Convolution 3 : 128 filters, 7×7" in text(app)


def test_steps_and_reasons_wait_for_something_to_read(app):
    app.toggle(key="steps").set_value(True)
    app.toggle(key="saliency").set_value(True).run()

    assert not app.exception
    assert "Draw something to see this" in text(app)


def test_model_without_feature_maps_says_so(app, setting, tmp_path):
    shutil.copytree(settings().models / "everyhand", tmp_path / "models" / "everyhand")
    (tmp_path / "models" / "everyhand" / "features.tflite").unlink()
    setting("MODELS", tmp_path / "models")
    draw(app, 7)
    app.toggle(key="saliency").set_value(True).run()

    assert "everyhand has no feature maps" in text(app)


def test_what_it_really_is_stays_when_another_model_reads(app, history):
    draw(app, 4)
    app.pills(key="correct-label").set_value("4").run()

    app.pills(key="models").set_value(["baseline"]).run()

    assert app.pills(key="correct-label").value == "4"
    [saved] = history.all()
    assert (saved.model, saved.true_label) == ("baseline", "4")


def test_what_it_really_is_is_kept_until_the_drawing_changes(app, history):
    assert app.pills(key="correct-label").disabled
    draw(app, 4, strokes=1)
    app.pills(key="correct-label").set_value("4").run()

    assert history.newest(1)[0].true_label == "4"
    assert app.pills(key="correct-label").value == "4"

    draw(app, 4)
    assert app.pills(key="correct-label").value is None
    assert history.newest(1)[0].true_label is None
    assert history.count() == 1

    app.pills(key="correct-label").set_value("no digit").run()
    app.button(key="clear").click().run()
    assert app.pills(key="correct-label").disabled
    assert history.newest(1)[0].true_label == "no digit"
