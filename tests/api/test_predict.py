import base64
import io
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image

from digitrec.config import LINE, settings
from digitrec.imaging.decode import MAX_BYTES
from digitrec.imaging.normalize import CROP
from digitrec.prediction import InputMethod, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_digit_model
from tests.api.conftest import data_url
from tests.support.pictures import drawing_png, encode_image, number_ink, number_photo, on_paper, photo

SEVEN = drawing_png(7)
# What is read, and what is asked for, is the same in each kind of database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture, validate=True)))


def fault(answer, status, code):
    """The error of an answer, which has the one shape."""
    assert answer.status_code == status, answer.text
    [(name, error)] = answer.json().items()
    assert (name, set(error)) == ("error", {"code", "message", "request_id"})
    assert error["code"] == code
    assert error["message"].endswith(".")
    assert error["request_id"] == answer.headers["x-request-id"]
    return error


def test_drawing_is_read_from_json_and_from_a_form_alike(api, recognizer):
    client = api()

    answer = client.post("/predict", json={"image": data_url(SEVEN)}).json()
    of_form = client.post("/predict", files={"file": ("seven.png", SEVEN, "image/png")}).json()

    assert (answer["digit"], answer["verdict"], answer["mode"], answer["steps"]) == (7, "digit", "digit", None)
    assert answer["model"] == settings().model
    assert answer["processing_time_ms"] > 0
    assert answer["recorded"] is False
    top = answer["top_predictions"]
    assert len({one["digit"] for one in top}) == 5
    assert top[0] == {"digit": 7, "confidence": answer["confidence"]}
    assert [one["confidence"] for one in top] == sorted((one["confidence"] for one in top), reverse=True)
    assert opened(answer["final_image"]).size == (28, 28)
    [crop] = [step.image for step in recognizer.recognize(SEVEN, InputMethod.API).steps if step.name == CROP]
    assert (np.asarray(opened(answer["cropped_image"])) == crop).all()
    assert {**of_form, "processing_time_ms": 0} == {**answer, "processing_time_ms": 0}


def test_steps_come_where_they_are_asked_for(api):
    client = api()

    of_json = client.post("/predict", json={"image": data_url(SEVEN), "debug": True}).json()["steps"]
    of_form = client.post("/predict", files={"file": SEVEN}, data={"debug": "true", "mode": "digit"}).json()["steps"]

    assert [step["name"] for step in of_json][-1] == "Network input"
    assert all(step["reason"] and opened(step["image"]).size for step in of_json)
    assert of_form == of_json


def test_photograph_is_read_as_an_upload_is(api):
    answer = api().post("/predict", files={"file": encode_image(photo(4), "JPEG")}).json()

    assert (answer["digit"], answer["verdict"]) == (4, "digit")


def test_what_is_blank_or_no_digit_is_told_so(api):
    client = api()
    empty = client.post("/predict", files={"file": encode_image(Image.new("L", (300, 300), 255))}).json()
    pair = np.concatenate([np.asarray(photo(4, slope=0)), np.asarray(photo(7, slope=0))], 1)[:, 100:1100]
    several = client.post("/predict", files={"file": encode_image(Image.fromarray(pair))}).json()

    assert (empty["digit"], empty["verdict"], empty["top_predictions"]) == (None, "blank", [])
    assert empty["cropped_image"] is empty["final_image"] is None
    assert (several["digit"], several["verdict"], several["reason"]) == (None, "not_a_digit", "several_digits")
    assert len(several["top_predictions"]) == 5


@pytest.mark.parametrize(
    ("status", "code", "parsed"),
    [
        (400, "not_a_picture", {"files": {"file": b"no picture"}}),
        (400, "not_a_picture", {"json": {"image": data_url(b"no picture")}}),
        (400, "damaged", {"json": {"image": data_url(SEVEN)[:-3] + "*"}}),
        (400, "damaged", {"json": {"image": data_url(SEVEN)[:-3] + "é"}}),
        (400, "damaged", {"files": {"file": SEVEN[:200]}}),
        (400, "too_narrow", {"files": {"file": encode_image(Image.new("L", (2000, 3)))}}),
        (413, "too_large", {"files": {"file": SEVEN + bytes(MAX_BYTES)}}),
        (413, "too_large", {"content": b" " * (MAX_BYTES * 3 // 2 + 1)}),
        (413, "too_large", {"content": (bytes(MAX_BYTES) for _ in range(5))}),
        (422, "wrong_request", {}),
        (422, "wrong_request", {"content": b"{"}),
        (422, "wrong_request", {"json": {"image": "seven.png"}}),
        (422, "wrong_request", {"json": {"image": data_url(SEVEN), "colour": "red"}}),
        (422, "wrong_request", {"json": {"image": data_url(SEVEN), "mode": "letter"}}),
        (422, "wrong_request", {"files": {"picture": SEVEN}}),
        (422, "wrong_request", {"files": [("file", SEVEN), ("file", SEVEN)]}),
        (422, "wrong_request", {"files": {"file": SEVEN}, "data": {"debug": "perhaps"}}),
        (422, "wrong_request", {"content": b"--x", "headers": {"content-type": "multipart/form-data"}}),
    ],
)
def test_bad_request_is_told_what_is_wrong(api, status, code, parsed):
    fault(api().post("/predict", **parsed), status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/docs/assets/nothing", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/predict/batch", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_has_the_same_shape(api, method, path, status, code):
    fault(api().request(method, path), status, code)


def test_batch_answers_each_picture_in_its_place(api):
    client = api()

    answer = client.post("/predict/batch", json={"images": [data_url(drawing_png(3)), data_url(b"x"), data_url(SEVEN)]})
    of_form = client.post("/predict/batch", files=[("file", drawing_png(3)), ("file", b"x"), ("file", SEVEN)])

    for results in (answer.json()["results"], of_form.json()["results"]):
        three, broken, seven = results
        assert (three["answer"]["digit"], seven["answer"]["digit"]) == (3, 7)
        assert three["error"] is broken["answer"] is None
        assert broken["error"]["code"] == "not_a_picture"


def test_picture_that_fails_within_costs_a_batch_no_other(api, recognizer, caplog):
    class BrokenOnce(DigitRecognizer):
        turn = 0

        def recognize(self, data, input_method):
            self.turn += 1
            if self.turn == 2:
                raise RuntimeError("tensor 17")
            return super().recognize(data, input_method)

    client = api(lambda: BrokenOnce(recognizer.model))
    three, broken, seven = client.post(
        "/predict/batch", files=[("file", drawing_png(3)), ("file", SEVEN), ("file", SEVEN)]
    ).json()["results"]

    assert (three["answer"]["digit"], seven["answer"]["digit"]) == (3, 7)
    assert (broken["answer"], broken["error"]["code"]) == (None, "inference_failed")


def test_batch_may_be_larger_than_a_single_picture(api):
    large = [("file", bytes(MAX_BYTES - 1))] * 2

    results = api().post("/predict/batch", files=large).json()["results"]

    assert [result["error"]["code"] for result in results] == ["not_a_picture"] * 2
    fault(api().post("/predict/batch", content=bytes(4 * MAX_BYTES + 1)), 413, "too_large")


def test_content_type_of_a_form_may_be_written_in_capitals(api):
    request = api().build_request("POST", "/predict", files={"file": SEVEN})
    kind = request.headers["content-type"].replace("multipart/form-data", "Multipart/Form-Data")

    answer = api().post("/predict", content=request.read(), headers={"Content-Type": kind})

    assert answer.json()["digit"] == 7


@pytest.mark.parametrize("count", [0, 65])
def test_batch_has_1_to_64_pictures(api, count):
    client = api()
    fault(client.post("/predict/batch", json={"images": [data_url(SEVEN)] * count}), 422, "wrong_request")
    fault(client.post("/predict/batch", files=[("file", SEVEN)] * count), 422, "wrong_request")


def test_model_that_is_missing_is_told_and_may_come_later(api, tmp_path):
    folder = [tmp_path]
    client = api(lambda: DigitRecognizer(load_digit_model(settings().model, folder[0])))

    for _ in range(2):
        error = fault(client.post("/predict", files={"file": SEVEN}), 503, "model_not_loaded")
        assert str(tmp_path) not in error["message"]
        fault(client.get("/ready"), 503, "model_not_loaded")
    folder[0] = settings().models

    assert client.post("/predict", files={"file": SEVEN}).json()["digit"] == 7
    assert client.get("/ready").json() == {"model": settings().model}


def test_failure_within_is_told_without_what_failed(api, caplog):
    class Broken(DigitRecognizer):
        def recognize(self, data, input_method):
            raise RuntimeError("tensor 17")

    client = api(lambda: Broken(load_digit_model(settings().model, settings().models)))
    error = fault(client.post("/predict", files={"file": SEVEN}), 500, "inference_failed")

    assert "17" not in error["message"]
    assert "tensor 17" in caplog.text


def test_what_nobody_foresaw_is_told_in_the_same_shape(api, caplog):
    def lost(user):
        raise RuntimeError("lost")

    client = api(history_of=lost)
    error = fault(client.post("/predict", files={"file": SEVEN}, headers={"Authorization": "Bearer x"}), 500, "failed")

    assert error["message"]
    assert "lost" in caplog.text


def test_busy_server_answers_429_until_it_has_a_free_place(api, admission):
    admission.queue = 0
    client = api()
    with ExitStack() as others:
        for _ in range(2):
            assert others.enter_context(admission.page_run())
        answer = client.post("/predict", files={"file": SEVEN})

    fault(answer, 429, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    assert client.post("/predict", files={"file": SEVEN}).json()["verdict"] == Verdict.DIGIT


def test_number_is_read_with_a_box_and_a_confidence_for_each_digit(api):
    ink, boxes = number_ink("2026", 60)
    sheet, (top, left) = on_paper(ink)
    height, width = sheet.shape
    parsed = {"files": {"file": encode_image(Image.fromarray(sheet))}, "data": {"mode": "number", "debug": "true"}}

    answer = api().post("/predict", **parsed).json()

    assert (answer["mode"], answer["number"], answer["verdict"], answer["model"]) == ("number", "2026", "number", LINE)
    assert [digit["digit"] for digit in answer["digits"]] == [2, 0, 2, 6]
    assert 0 < answer["confidence"] <= min(1, *(digit["confidence"] for digit in answer["digits"])) + 0.01
    assert len(answer["alternatives"]) <= 3
    for digit, (first, upper, last, lower) in zip(answer["digits"], boxes, strict=True):
        expected = ((first + left) / width, (upper + top) / height, (last + left) / width, (lower + top) / height)
        assert tuple(digit["box"][edge] for edge in ("left", "top", "right", "bottom")) == pytest.approx(
            expected, abs=0.02
        )
        assert [step["name"] for step in digit["steps"]][-1] == "Network input"
    assert [step["name"] for step in answer["steps"]][-1] == "Network input"


def test_line_without_a_number_is_told_so_and_a_batch_may_be_of_numbers(api):
    files = [
        ("file", number_photo("17")),
        ("file", encode_image(Image.new("L", (300, 300), 255))),
        ("file", b"no picture"),
    ]

    answer = api().post("/predict/batch", files=files, data={"mode": "number"}).json()

    seventeen, empty, refused = answer["results"]
    assert (seventeen["answer"]["number"], seventeen["answer"]["steps"]) == ("17", None)
    assert (empty["answer"]["number"], empty["answer"]["verdict"], empty["answer"]["digits"]) == (None, "blank", [])
    assert refused["error"]["code"] == "not_a_picture"
