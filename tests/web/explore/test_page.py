import json
import shutil
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from digitrec.config import settings
from digitrec.imaging.files.encode import encode_image
from digitrec.prediction import InputMethod
from digitrec.recognition.exploration.digit_index import INDEX_FILE
from digitrec.recognition.exploration.gradients import GRADIENT_FILE
from digitrec.recognition.imported.conventions import Colors, Conventions, Fit, Scale, Values
from digitrec.recognition.imported.network import load_network
from digitrec.recognition.models.cards import read_card
from digitrec.recognition.models.digit_model import LITERT_FILE
from digitrec.samples import samples, strokes_to_png
from digitrec.server.admission import Admission
from digitrec.server.metrics import REGISTRY
from digitrec.server.rate_limits import RateLimits
from digitrec.services import services
from digitrec.web.explore.variation_preview import VARIATION, preview_variation
from digitrec.web.shared.names import drawing_name
from digitrec.web.shared.preview import preview_endpoint
from tests.support.pictures import part_with_ink
from tests.web.draw.test_page import beside_each_other

MISSING = "The linked drawing isn't in your history. It may have been deleted. Here is Sample 7 instead."


@pytest.fixture
def explore(open_page):
    return partial(open_page, "explore")


def text(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption)) + "".join(
        html.proto.body for html in app.get("html")
    )


def test_sample_is_explored_without_drawing(explore):
    app = explore()

    assert not app.exception
    assert app.selectbox(key="drawing").value == "Sample 7"
    assert "everyhand predicts **7** from" in text(app)


@pytest.mark.parametrize("view", ["What-if", "Similar digits", "Map", "Fool the model", "Compare drawings"])
def test_view_shares_the_slot_of_its_page(explore, monkeypatch, view):
    # Only one place: a part of the page that waited while another has it would be turned away.
    admission = Admission(RateLimits(None), queue=8, slots=1)
    admission._pages.deadline_seconds = 5
    monkeypatch.setitem(vars(services()), "admission", admission)
    before = waits()

    app = explore(explore=view)

    assert not app.exception and not app.warning
    assert waits() == before + 1


def waits():
    return REGISTRY.get_sample_value("digitrec_stage_seconds_count", {"stage": "wait"}) or 0


def panel(app):
    """Return what the sliders and the pictures beside them show."""
    (found,) = [each.proto for each in app.get("bidi_component") if each.proto.component_name == "variation"]
    return json.loads(found.json)


def test_slider_changes_the_drawing(explore):
    app = explore(drawing="Sample 6")
    before = panel(app)

    for number, (rotation, is_changed) in enumerate([(90, True), ("nonsense", False), (1e9, False), (0, False)]):
        app.session_state["variation"] = {"moved": {"number": number, "rotation": rotation}}
        app.run()
        assert panel(app)["number"] == number
        assert (panel(app)["shown"] != before["shown"]) == is_changed


def test_sliders_come_back_with_their_address_after_a_visit_to_another_page(explore):
    app = explore(drawing="Sample 6", rotation="20")
    app.session_state["variation"] = {"moved": {"number": 1, "rotation": 30}}
    app.run()
    assert app.query_params["rotation"] == "30"
    app.switch_page("pages/about.py")
    app.run()

    app.query_params = {}
    app.switch_page("pages/explore.py")
    app.run()

    assert panel(app)["values"]["rotation"] == 30
    assert app.query_params["rotation"] == "30"
    assert not app.exception


def test_preview_is_what_the_page_shows(explore):
    app = explore(drawing="Sample 6", **{"other-model": "baseline"})
    source, values = panel(app)["preview"], {"rotation": 90, "contrast": 50}
    route = WebSocketRoute("/preview", preview_endpoint({VARIATION: preview_variation}))
    with TestClient(Starlette(routes=[route])) as client, client.websocket_connect("/preview") as websocket:
        websocket.send_json({**source, "values": values, "lifted": False})
        preview = websocket.receive_json()

    app.session_state["variation"] = {"moved": {"number": 1, **values}}
    app.run()
    assert preview == panel(app)["shown"]


def test_preview_takes_only_whole_drawings(explore):
    source = panel(explore(drawing="Sample 6"))["preview"]
    route = WebSocketRoute("/preview", preview_endpoint({VARIATION: preview_variation}))
    with TestClient(Starlette(routes=[route])) as client, client.websocket_connect("/preview") as websocket:
        websocket.send_json({**source, "image": part_with_ink(samples()[6]), "values": {}, "lifted": False})
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_json()

    assert closed.value.code == 1003


def test_link_reproduces_the_view(explore):
    app = explore(drawing="Sample 3", rotation="-20", chart="Slant", **{"other-model": "baseline"})

    assert panel(app)["values"]["rotation"] == -20
    assert app.selectbox(key="chart").value == "Slant"
    assert len(app.get("vega_lite_chart")) == 2
    assert "baseline predicts **3**" in text(app)
    assert "baseline: <b>3</b>" in panel(app)["shown"]["predictions"]


def test_drawing_without_ink_left_is_reported(explore):
    app = explore(contrast="0")

    assert not app.exception
    assert "No ink is left" in panel(app)["shown"]["predictions"]


def test_similar_digits_are_shown_with_label_and_source(explore):
    app = explore(explore="Similar digits", drawing="Sample 7")

    assert not app.exception
    assert text(app).count('alt="Training digit ') == 12
    assert "CC BY-SA 3.0" in text(app)


def test_every_source_of_the_digits_of_two_models_is_credited(explore):
    app = explore(explore="Similar digits", drawing="Sample 7", **{"other-model": "baseline"})

    credits = [caption.value for caption in app.caption if "Images from MNIST" in caption.value]
    assert len(credits) == 2
    assert "CC BY 4.0" in credits[0]


def test_model_is_fooled_into_the_chosen_digit(explore):
    app = explore(explore="Fool the model", drawing="Sample 7", target="3", **{"other-model": "baseline"})

    assert not app.exception
    assert "everyhand predicts 3 (" in text(app)
    assert "baseline is " in text(app)


def test_saved_prediction_is_explored(explore, history, recognizer):
    strokes = samples()[4]
    saved = history.save(
        recognizer.recognize(strokes_to_png(strokes), InputMethod.CANVAS), InputMethod.CANVAS, strokes=strokes
    )

    app = explore(drawing=f"Prediction {saved.prediction_id}: 4")

    assert app.selectbox(key="drawing").value == f"Prediction {saved.prediction_id}: 4"
    assert "everyhand predicts **4**" in text(app)


def test_very_thin_line_is_explored(explore, history, recognizer):
    picture = np.full((1000, 200), 255, np.uint8)
    picture[30:970, 100] = 0
    prediction = recognizer.recognize(encode_image(Image.fromarray(picture)), InputMethod.UPLOAD)
    saved = history.save(prediction, InputMethod.UPLOAD)

    app = explore(drawing=drawing_name(saved))

    assert app.selectbox(key="drawing").value == drawing_name(saved)
    assert "everyhand: " in panel(app)["shown"]["predictions"]


@pytest.mark.parametrize("link", ["Prediction 404: 4", "Prediction 404", "Sample 10", "nothing"])
def test_link_to_a_missing_drawing_is_reported(explore, link):
    app = explore(drawing=link)

    assert not app.exception
    assert [toast.value for toast in app.toast] == [MISSING]
    assert app.selectbox(key="drawing").value == "Sample 7"
    app.selectbox(key="drawing").set_value("Sample 3").run()
    assert not app.toast


def test_link_leads_to_the_prediction_whatever_was_predicted_then(explore, history, recognizer):
    saved = history.save(recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS), InputMethod.CANVAS)

    app = explore(drawing=f"Prediction {saved.prediction_id}: 9")

    assert not app.exception and not app.toast
    assert app.selectbox(key="drawing").value == f"Prediction {saved.prediction_id}: 4"
    app.selectbox(key="drawing").set_value("Sample 3").run()
    assert app.selectbox(key="drawing").value == "Sample 3"


def test_chosen_drawing_deleted_elsewhere_is_reported(explore, history, recognizer):
    saved = history.save(recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS), InputMethod.CANVAS)
    app = explore()
    app.selectbox(key="drawing").set_value(drawing_name(saved)).run()
    history.delete(saved.prediction_id)

    app.run()

    assert [toast.value for toast in app.toast] == [MISSING]
    assert app.selectbox(key="drawing").value == "Sample 7"


def test_drawing_deleted_meanwhile_is_reported(explore, history, recognizer):
    saved = history.save(recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS), InputMethod.CANVAS)
    app = explore(drawing=f"Prediction {saved.prediction_id}: 4")
    history.images.delete(saved.image)

    assert "Choose another drawing" in text(app.run())


@pytest.mark.parametrize(
    ("view", "file", "command"),
    [("Similar digits", INDEX_FILE, "digitrec index"), ("Fool the model", GRADIENT_FILE, "digitrec features")],
)
def test_model_without_the_file_of_a_view_says_how_to_make_it(explore, setting, tmp_path, view, file, command):
    for name in ("baseline", "everyhand"):
        (tmp_path / "models" / name).mkdir(parents=True)
        for path in (settings().models / name).iterdir():
            if path.name != file:
                (tmp_path / "models" / name / path.name).symlink_to(path)
    setting("MODELS", tmp_path / "models")

    app = explore(explore=view)

    assert not app.exception
    assert command in app.code[0].value


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("Similar digits", "Of the imported models, only Keras 3"),
        ("Fool the model", "has none, because it was imported"),
    ],
)
def test_imported_model_without_the_file_of_a_view_says_why(explore, setting, tmp_path, view, message):
    file = settings().models / "baseline" / LITERT_FILE
    (tmp_path / "mine").mkdir()
    shutil.copy(file, tmp_path / "mine")
    conventions = Conventions(
        scale=Scale.UNIT,
        colors=Colors.WHITE_ON_BLACK,
        fit=Fit.RESIZED,
        output=next(iter(load_network(file).signature.outputs)),
        values=Values.PROBABILITIES,
        classes=tuple(range(10)),
        accuracy=0.9,
    )
    card = read_card("baseline", settings().models)
    card.model_copy(update={"name": "mine", "conventions": conventions}).write(tmp_path / "mine")
    setting("MODELS", tmp_path)
    setting("MODEL", "mine")

    app = explore(explore=view)

    assert not app.exception
    assert message in text(app)
    assert not app.code


def test_downloads_hold_pictures_and_figures(explore):
    app = explore(explore="Fool the model", drawing="Sample 7", target="3")

    assert [button.label for button in app.get("download_button")] == ["Download PNG", "Download CSV"]


def map_rows(app):
    [chart] = app.get("vega_lite_chart")
    data = chart.proto.datasets[0].data if chart.proto.datasets else chart.proto.data
    return pa.ipc.open_stream(data.data).read_pandas()


def test_map_shows_training_digits_the_drawing_and_own_predictions(explore, history, recognizer):
    mistake = history.save(recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS), InputMethod.CANVAS)
    history.set_label(mistake.prediction_id, "9")
    history.save(recognizer.recognize(strokes_to_png(samples()[2]), InputMethod.CANVAS), InputMethod.CANVAS)

    app = explore(explore="Map")

    assert not app.exception
    rows = map_rows(app)
    counts = rows["group"].value_counts().to_dict()
    assert counts.pop("training") > 2000
    assert counts == {"drawing": 1, "prediction": 1, "mistake": 1}
    assert rows[["x", "y"]].abs().to_numpy().max() <= 1
    assert rows["image"].str.startswith("data:image/png;base64,").all()


def test_map_shows_a_prediction_once_its_image_can_be_read_again(explore, history, recognizer):
    prediction = recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS)
    saved = history.save(prediction, InputMethod.CANVAS)
    image = history.images.folder / saved.image
    away = image.rename(image.with_suffix(".away"))

    assert "prediction" not in set(map_rows(explore(explore="Map"))["group"])

    away.rename(image)
    assert "prediction" in set(map_rows(explore(explore="Map"))["group"])


def test_drawings_are_compared_by_embedding_and_neighbors(explore):
    app = explore(explore="Compare drawings", drawing="Sample 7", **{"second-drawing": "Sample 1"})

    assert not app.exception
    assert [header.value for header in app.subheader] == ["Sample 7", "Sample 1"]
    assert "apart" in text(app)
    assert text(app).count('alt="Training digit ') == 12
    assert text(app).count('alt="Saliency map.') == 2


def test_drawings_are_chosen_by_image(explore, history, recognizer):
    saved = history.save(recognizer.recognize(strokes_to_png(samples()[4]), InputMethod.CANVAS), InputMethod.CANVAS)
    name = f"Prediction {saved.prediction_id}: 4"
    app = explore(explore="Compare drawings")
    assert not [button for button in app.button if button.key.startswith("drawing-")]

    app.session_state["drawing-pictures"] = True
    app.run()
    app.button(key=f"drawing-{name}").click().run()
    app.session_state["second-drawing-pictures"] = True
    app.run()
    app.button(key="second-drawing-Sample 3").click().run()

    assert not app.exception
    assert [header.value for header in app.subheader] == [name, "Sample 3"]
    assert not app.session_state["drawing-pictures"] and not app.session_state["second-drawing-pictures"]


def test_rejected_drawing_says_why_and_what_to_do(explore, history, recognizer):
    pair = strokes_to_png(beside_each_other(2, 5))
    saved = history.save(recognizer.recognize(pair, InputMethod.CANVAS), InputMethod.CANVAS)

    app = explore(drawing=f"Prediction {saved.prediction_id}: not a digit")

    assert not app.exception
    assert "everyhand rejects this drawing: it looks like several digits" in text(app)
    assert "Choose another drawing" in text(app)
