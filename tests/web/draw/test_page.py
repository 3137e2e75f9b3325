import re
import shutil
from itertools import product

import numpy as np
import pytest
from PIL import Image

from digitrec.config import settings
from digitrec.imaging.strokes import Stroke
from digitrec.prediction import InputMethod
from digitrec.recognition.models.cards import CARD_FILE, read_card
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import samples
from digitrec.storage.users import list_activities
from tests.support.damaged_files import mutate, sample_files
from tests.support.page_actions import clear, draw, open_tab, result_html, text, upload
from tests.support.pictures import canvas_state, data_url, drawing_png, encode_image, photo


def bars(app):
    return [100 + float(shift) for shift in re.findall(r"translateX\(([-\d.]+)%\);background:#", result_html(app))]


def test_empty_canvas_shows_instructions(app):
    assert "The prediction appears as you draw" in text(app)
    assert bars(app) == [0] * 10


def test_drawing_shows_a_bar_for_every_digit(app):
    for digit in range(10):
        draw(app, digit)

        assert not app.exception
        assert text(app).split()[0] == str(digit)
        assert "confidence" in text(app)
        assert bars(app).index(max(bars(app))) == digit
        assert len(bars(app)) == 10


def test_clear_empties_the_canvas(app):
    draw(app, 7)
    clear(app)

    assert "The prediction appears as you draw" in text(app)


def test_only_the_previous_drawing_is_kept(app):
    for digit in (7, 1):
        draw(app, digit)
        clear(app)

    previous = app.session_state["session"].drawing.previous
    assert len(previous.objects) == len(samples()[1])
    assert previous.previous is None


def test_sample_is_recognized_with_one_click(app):
    for digit in range(10):
        app.get_by_key("sample").set_value(digit).run()

        assert text(app).split()[0] == str(digit)


def test_drawing_survives_a_visit_to_another_page(app):
    draw(app, 7)
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/draw.py").run()

    assert text(app).split()[0] == "7"


def test_tab_shows_preprocessing_steps(app):
    draw(app, 7)
    assert "Bounding box" not in text(app)

    open_tab(app, "Steps")

    for step in (
        "Drawing",
        "Ink",
        "Bounding box",
        "Crop",
        "Stroke width",
        "Fit to 20×20",
        "Center in 28×28",
        "Network input",
    ):
        assert step in text(app)
    assert 8 in [element.proto.body.count("data:image/png;base64,") for element in app.get("html")]


def test_upload_is_recognized_with_its_steps(app):
    upload(app, "seven.jpg", encode_image(photo(7), "JPEG"))
    open_tab(app, "Steps")

    assert text(app).split()[0] == "7"
    assert "dark ink on light paper" in text(app)


def test_photo_is_recognized(app):
    app.segmented_control(key="draw-input").set_value("camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encode_image(photo(3), "JPEG")).run()

    assert text(app).split()[0] == "3"


def test_truncated_image_shows_a_message(app):
    upload(app, "seven.png", drawing_png(7)[:200])

    assert not app.exception
    assert "Can't read this image" in text(app)
    assert "image is damaged" in text(app)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_damaged_files_show_a_result_or_a_message(app, history):
    random = np.random.default_rng(0)
    for number, file in enumerate(sample_files()[::3]):
        upload(app, f"{number}.png", mutate(file, random))

        assert not app.exception
        assert any(
            message in text(app) for message in ("confidence", "Not a digit", "No ink found", "Can't read this image")
        )
    assert len([path for path in (settings().data / "images").rglob("*") if path.is_file()]) == history.count()


def test_damaged_photo_shows_a_message(app):
    app.segmented_control(key="draw-input").set_value("camera").run()
    app.camera_input(key="camera").upload("photo.jpg", encode_image(photo(3), "JPEG")[:300]).run()

    assert not app.exception
    assert "Can't read this image" in text(app)


def test_image_of_blank_paper_is_blank(app):
    upload(app, "empty.png", encode_image(Image.new("L", (90, 90), 250)))

    assert "No ink found" in text(app)


@pytest.fixture
def models(tmp_path, setting):
    """A folder of models that a test may damage."""
    shutil.copytree(settings().models, tmp_path / "model")
    setting("MODELS", tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", [CARD_FILE, LITERT_FILE])
@pytest.mark.parametrize("damage", ["removed", "truncated"])
def test_unusable_model_shows_how_to_train_it(app, models, name, damage):
    path = models / "everyhand" / name
    content = path.read_bytes()
    path.unlink() if damage == "removed" else path.write_bytes(content[:500])

    app.run()

    assert not app.exception
    assert str(path) in app.error[0].value
    assert "python -m digitrec train" in app.code[0].value

    path.write_bytes(content)
    app.run()
    assert not app.error
    assert "Draw a digit" in text(app)


def test_two_models_can_be_compared(app):
    draw(app, 7)
    assert app.get_by_key("models").value == ["everyhand"]
    assert text(app).count("confidence") == 1

    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()

    assert not app.exception
    assert "Both models predict 7" in text(app)
    assert text(app).count("confidence") == 2
    assert text(app).index("everyhand") < text(app).index("baseline")


def test_disagreement_of_two_models_is_named(app):
    app.get_by_key("models").set_value(["everyhand", "baseline"]).run()
    # Two digits at once: the baseline knows single digits only.
    app.session_state["canvas"] = canvas_state(beside_each_other(2, 5))
    app.run()

    assert "The models disagree: everyhand rejects it, baseline predicts" in text(app)
    assert "Not a digit" in text(app)
    assert "several digits" in text(app)


def test_selection_is_never_empty(app):
    app.get_by_key("models").set_value(["baseline"]).run()
    assert app.get_by_key("models").value == ["baseline"]

    app.get_by_key("models").set_value([]).run()
    assert app.get_by_key("models").value == ["everyhand"]


def test_up_to_four_models_can_be_compared(unopened_app, tmp_path, setting):
    models = tmp_path / "models"
    shutil.copytree(settings().models, models)
    names = ["a", "b", "c"]
    for name in names:
        shutil.copytree(models / "baseline", models / name)
        read_card("baseline", models).model_copy(update={"name": name}).write(models / name)
    setting("MODELS", models)
    app = unopened_app.run()
    draw(app, 7)

    app.get_by_key("models").set_value(["everyhand", "baseline", *names]).run()

    assert not app.exception
    assert app.get_by_key("models").value == ["baseline", *names]
    assert "All 4 models predict 7" in text(app)
    assert text(app).count("confidence") == 4

    app.get_by_key("models").set_value(["everyhand", "baseline", "a"]).run()
    # Two digits at once: the baseline knows single digits only.
    app.session_state["canvas"] = canvas_state(beside_each_other(2, 5))
    app.run()
    assert "The models disagree: 2 predict" in text(app)
    assert "1 rejects it" in text(app)


def test_broken_model_that_is_not_the_default_is_named(unopened_app, tmp_path, setting):
    models = tmp_path / "models"
    shutil.copytree(settings().models, models)
    (models / "mine").mkdir()
    read_card("baseline", models).model_copy(update={"name": "mine"}).write(models / "mine")
    setting("MODELS", models)
    app = unopened_app.run()

    app.get_by_key("models").set_value(["mine"]).run()

    assert "is missing" in app.error[0].value
    assert [element.value for element in app.markdown] == ["Choose another model."]


def test_saved_prediction_names_its_model(app, history):
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


def test_tabs_show_saliency_and_feature_maps_of_each_model(app):
    draw(app, 7)
    assert "For 7" not in text(app)

    open_tab(app, "Saliency maps")
    assert "For 7" in text(app)
    assert "Against 1" in text(app)

    app.pills(key="models").set_value(["everyhand", "baseline"]).run()
    assert text(app).count("For 7") == 2

    open_tab(app, "Feature maps")
    assert "Convolution 8 : 96 filters, 7×7" in text(app)
    assert "Convolution 3 : 128 filters, 7×7" in text(app)


@pytest.mark.parametrize("tab", ["Steps", "Saliency maps", "Feature maps"])
def test_tabs_about_the_drawing_need_one(app, tab):
    open_tab(app, tab)

    assert not app.exception
    assert "No prediction yet." in text(app)


def test_open_tab_stays_open_on_the_way_to_another_page_and_mode(app):
    open_tab(app, "Steps")
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/draw.py").run()
    assert app.session_state["details"] == "Steps"

    open_tab(app, "Saliency maps")
    app.segmented_control(key="draw-mode").set_value("number").run()
    assert app.session_state["details"] == "Recent"
    assert [tab.label for tab in app.tabs] == ["Recent", "Steps"]


def test_model_without_feature_maps_shows_a_message(app, setting, tmp_path):
    shutil.copytree(settings().models / "everyhand", tmp_path / "models" / "everyhand")
    (tmp_path / "models" / "everyhand" / "features.tflite").unlink()
    setting("MODELS", tmp_path / "models")
    draw(app, 7)
    open_tab(app, "Feature maps")

    assert "everyhand has no feature maps" in text(app)


def test_label_stays_when_another_model_is_selected(app, history):
    draw(app, 4)
    app.pills(key="correct-label").set_value("4").run()

    app.pills(key="models").set_value(["baseline"]).run()

    assert app.pills(key="correct-label").value == "4"
    [saved] = history.all()
    assert (saved.model, saved.true_label) == ("baseline", "4")


def test_label_is_removed_when_the_drawing_changes(app, history):
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
    clear(app)
    assert app.pills(key="correct-label").disabled
    [saved] = history.all()
    assert saved.true_label == "no digit"
    [labeled, *_] = list_activities(history.database, history.user)
    assert labeled.description == f"prediction {saved.prediction_id}: not a digit"


@pytest.mark.parametrize("key", ["", "another"])
def test_label_for_a_drawing_that_the_page_has_yet_to_show_is_refused(app, history, key):
    draw(app, 4, strokes=1)

    # The browser shows previews of both strokes, or of a drawing made after Clear.
    app.session_state["canvas"] = canvas_state(samples()[4], key=key)
    app.pills(key="correct-label").set_value("4").run()

    assert [toast.value for toast in app.toast] == ["The drawing has changed. Label it again."]
    assert [saved.true_label for saved in history.all()] == [None] * history.count()
    assert app.pills(key="correct-label").value is None
    app.pills(key="correct-label").set_value("4").run()
    assert history.newest(1)[0].true_label == "4"


def test_anything_else_from_the_canvas_is_refused_until_it_is_cleared(app, history):
    contents = ["drawing", {"objects": 7}, {"objects": ["stroke"]}, [1]]
    for content, image in product(contents, ["data:image/png;base64,=", "no image", None]):
        app.session_state["canvas"] = {"drawing": {"raw": content, "data": image}, "backgroundFit": None}
        app.run()

        assert not app.exception
        assert "isn't a drawing" in app.warning[0].value
        assert "canvas" not in app.session_state
        assert history.count() == 0

        clear(app)
        assert not app.warning

    draw(app, 7)
    assert not app.warning
    assert history.count() == 1


@pytest.mark.parametrize("place", ["message", "drawing", "raw", "image"])
def test_drawing_with_much_else_is_refused_and_forgotten(app, history, place):
    message = canvas_state(samples()[7])
    drawing, junk = message["drawing"], {"more": [[]] * 1000}
    if place == "image":
        drawing["data"] += 600_000 * "="
    else:
        {"message": message, "drawing": drawing, "raw": drawing["raw"]}[place].update(junk)
    app.session_state["canvas"] = message
    app.run()

    assert "isn't a drawing" in app.warning[0].value
    assert "canvas" not in app.session_state
    assert history.count() == 0


@pytest.mark.parametrize("size", [(281, 280), (600, 280), (2000, 2000)])
def test_image_must_have_the_size_of_the_canvas(app, history, size):
    value = canvas_state(samples()[7])
    image = encode_image(Image.new("RGBA", size))
    value["drawing"]["data"] = data_url(image)
    app.session_state["canvas"] = value
    app.run()

    assert "isn't a drawing" in app.warning[0].value
    assert history.count() == 0


def test_saved_drawing_too_large_for_the_canvas_is_not_opened(app, history, recognizer):
    saved = history.save(
        recognizer.recognize(drawing_png(7), InputMethod.CANVAS),
        InputMethod.CANVAS,
        strokes=[Stroke(((50, 50), (90, 50)), 10)] * 501,
    )
    app.session_state["session"].pending_drawing = saved
    app.run()

    assert not app.exception
    assert "too large" in app.toast[0].value
    assert "The prediction appears as you draw" in text(app)
