import base64
import io
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from digitrec.config import LINE, settings
from digitrec.imaging.files import decoder_pool
from digitrec.imaging.files.decode import MAX_BYTES
from digitrec.imaging.normalize import CROP
from digitrec.prediction import InputMethod, Verdict
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.recognition.models.digit_model import load_digit_model
from tests.support.hostile import json_with_unknown_keys
from tests.support.page_actions import busy_server
from tests.support.pictures import data_url, drawing_png, encode_image, number_ink, number_photo, on_paper, photo

SEVEN = drawing_png(7)
NOT_JSON = (
    "The request is neither a JSON object nor a form with files. "
    "Send each image as a file in the form field file, or in base64. See /api/docs."
)
# Predictions do not depend on the kind of database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def open_png(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture, validate=True)))


def error_of(response, status, code):
    """Return the error of a response after checking its status and shape."""
    assert response.status_code == status, response.text
    [(name, error)] = response.json().items()
    assert (name, set(error)) == ("error", {"code", "message", "request_id"})
    assert error["code"] == code
    assert error["message"].endswith(".")
    assert error["request_id"] == response.headers["x-request-id"]
    return error


def test_json_and_forms_give_the_same_prediction(api, recognizer):
    client = api()

    response = client.post("/predict", json={"image": data_url(SEVEN)}).json()
    from_form = client.post("/predict", files={"file": ("seven.png", SEVEN, "image/png")}).json()

    assert (response["digit"], response["verdict"], response["mode"], response["steps"]) == (7, "digit", "digit", None)
    assert response["model"] == settings().model
    assert response["processing_time_ms"] > 0
    assert response["recorded"] is False
    top = response["top_predictions"]
    assert len({result["digit"] for result in top}) == 5
    assert top[0] == {"digit": 7, "confidence": response["confidence"]}
    assert [result["confidence"] for result in top] == sorted((result["confidence"] for result in top), reverse=True)
    assert open_png(response["final_image"]).size == (28, 28)
    [crop] = [step.image for step in recognizer.recognize(SEVEN, InputMethod.API).steps if step.name == CROP]
    assert (np.asarray(open_png(response["cropped_image"])) == crop).all()
    assert {**from_form, "processing_time_ms": 0} == {**response, "processing_time_ms": 0}


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(SEVEN),
        base64.encodebytes(SEVEN),
        base64.encodebytes(SEVEN).replace(b"\n", b"\r\n"),
        base64.urlsafe_b64encode(SEVEN),
        base64.b64encode(SEVEN).rstrip(b"="),
    ],
    ids=["standard", "line breaks", "Windows line breaks", "URL-safe", "unpadded"],
)
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_any_kind_of_base64_is_accepted(api, encoded, prefix):
    assert api().post("/predict", json={"image": prefix + encoded.decode()}).json()["digit"] == 7


def test_worthless_json_takes_little_memory(api):
    client, body = api(), json_with_unknown_keys(1_000_000)
    tracemalloc.start()
    client.post("/predict", content=body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5 * len(body)


def test_error_repeats_little_of_a_long_field_name(api):
    assert len(api().post("/predict", json={"x" * 1_000_000: 1}).content) < 1000


def test_error_names_the_modes_as_they_are_sent(api):
    error = error_of(api().post("/predict", json={"image": "", "mode": "letter"}), 422, "wrong_request")

    assert error["message"] == "mode: Input should be 'auto', 'digit' or 'number'."


@pytest.mark.parametrize(
    ("path", "request_body", "message"),
    [
        ("", {"files": {"image": SEVEN}}, "file: Send each image as a file in this form field."),
        ("", {"files": {"file": SEVEN}, "data": {"image": "x"}}, "image: This field is unknown. See /api/docs."),
        (
            "",
            {"files": [("file", SEVEN), ("file", SEVEN)]},
            "file: Send one image here, or several to /api/predict/batch.",
        ),
        ("", {"files": {"file": SEVEN}, "data": {"debug": "perhaps"}}, "debug: Use true or false."),
        ("", {"json": {"mode": "digit"}}, "image: This field is missing. See /api/docs."),
        ("", {"json": {"image": "", "color": "red"}}, "color: This field is unknown. See /api/docs."),
        ("", {"content": SEVEN, "headers": {"content-type": "image/png"}}, NOT_JSON),
        (
            "",
            {"content": b"image=seven.png", "headers": {"content-type": "application/x-www-form-urlencoded"}},
            NOT_JSON,
        ),
        ("", {}, NOT_JSON),
        ("/batch", {"json": {"images": []}}, "images: Send 1 to 64 images."),
        ("/batch", {"json": {"images": [""] * 65}}, "images: Send 1 to 64 images."),
    ],
)
def test_error_of_a_common_mistake_says_what_to_do(api, path, request_body, message):
    error = error_of(api().post(f"/predict{path}", **request_body), 422, "wrong_request")

    assert error["message"] == message


def test_error_of_broken_json_says_where_it_is(api):
    error = error_of(api().post("/predict", content=b'{"image"}'), 422, "wrong_request")

    assert error["message"] == "Invalid JSON: expected `:` at line 1 column 9."


def test_debug_returns_every_step(api):
    client = api()

    from_json = client.post("/predict", json={"image": data_url(SEVEN), "debug": True}).json()["steps"]
    from_form = client.post("/predict", files={"file": SEVEN}, data={"debug": "true", "mode": "digit"}).json()["steps"]

    assert [step["name"] for step in from_json][-1] == "Network input"
    assert all(step["reason"] and open_png(step["image"]).size for step in from_json)
    assert from_form == from_json


def test_photo_is_recognized(api):
    response = api().post("/predict", files={"file": encode_image(photo(4), "JPEG")}).json()

    assert (response["digit"], response["verdict"]) == (4, "digit")


def test_blank_images_and_several_digits_have_their_own_verdicts(api):
    client = api()
    empty = client.post("/predict", files={"file": encode_image(Image.new("L", (300, 300), 255))}).json()
    pair = np.concatenate([np.asarray(photo(4, slope=0)), np.asarray(photo(7, slope=0))], 1)[:, 100:1100]
    pair_file = {"file": encode_image(Image.fromarray(pair))}
    several = client.post("/predict", files=pair_file, data={"mode": "digit"}).json()

    assert (empty["digit"], empty["verdict"], empty["top_predictions"]) == (None, "blank", [])
    assert empty["cropped_image"] is empty["final_image"] is None
    assert (several["digit"], several["verdict"], several["reason"]) == (None, "not_a_digit", "several_digits")
    assert len(several["top_predictions"]) == 5


@pytest.mark.parametrize(
    ("status", "code", "request_body"),
    [
        (400, "not_a_picture", {"files": {"file": b"no picture"}}),
        (400, "not_a_picture", {"json": {"image": data_url(b"no picture")}}),
        (400, "damaged", {"json": {"image": data_url(SEVEN)[:-3] + "*"}}),
        (400, "damaged", {"json": {"image": data_url(SEVEN)[:-3] + "é"}}),
        (400, "damaged", {"files": {"file": SEVEN[:200]}}),
        (400, "too_narrow", {"files": {"file": encode_image(Image.new("L", (2000, 3)))}}),
        (400, "too_many_pixels", {"files": {"file": encode_image(Image.new("L", (6000, 6000)))}}),
        (413, "too_large", {"files": {"file": SEVEN + bytes(MAX_BYTES)}}),
        (413, "too_large", {"content": b" " * (MAX_BYTES * 3 // 2 + 1)}),
        (413, "too_large", {"content": (bytes(MAX_BYTES) for _ in range(5))}),
        (422, "wrong_request", {}),
        (422, "wrong_request", {"content": b"{"}),
        (400, "damaged", {"json": {"image": "seven.png"}}),
        (422, "wrong_request", {"content": json_with_unknown_keys(1_000_000)}),
        (422, "wrong_request", {"content": b'{"image": [' + b"0," * 1_000_000 + b"0]}"}),
        (422, "wrong_request", {"json": {"image": data_url(SEVEN), "color": "red"}}),
        (422, "wrong_request", {"json": {"image": data_url(SEVEN), "mode": "letter"}}),
        (422, "wrong_request", {"files": {"picture": SEVEN}}),
        (422, "wrong_request", {"files": [("file", SEVEN), ("file", SEVEN)]}),
        (422, "wrong_request", {"files": {"file": SEVEN}, "data": {"debug": "perhaps"}}),
        (422, "wrong_request", {"content": b"--x", "headers": {"content-type": "multipart/form-data"}}),
    ],
)
def test_bad_request_gets_an_error_with_a_code(api, status, code, request_body):
    error_of(api().post("/predict", **request_body), status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/docs/assets/nothing", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/predict/batch", 405, "method_not_allowed"),
    ],
)
def test_unknown_path_or_method_gets_the_same_kind_of_error(api, method, path, status, code):
    error_of(api().request(method, path), status, code)


def test_batch_keeps_the_order_of_its_images(api):
    client = api()

    response = client.post(
        "/predict/batch", json={"images": [data_url(drawing_png(3)), data_url(b"x"), data_url(SEVEN)]}
    )
    from_form = client.post("/predict/batch", files=[("file", drawing_png(3)), ("file", b"x"), ("file", SEVEN)])

    for results in (response.json()["results"], from_form.json()["results"]):
        three, broken, seven = results
        assert (three["answer"]["digit"], seven["answer"]["digit"]) == (3, 7)
        assert three["error"] is broken["answer"] is None
        assert broken["error"]["code"] == "not_a_picture"


def test_failing_image_does_not_affect_the_rest_of_a_batch(api, recognizer, caplog):
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


def test_batch_may_be_larger_than_a_single_image(api):
    large = [("file", bytes(MAX_BYTES - 1))] * 2

    results = api().post("/predict/batch", files=large).json()["results"]

    assert [result["error"]["code"] for result in results] == ["not_a_picture"] * 2
    error_of(api().post("/predict/batch", content=bytes(4 * MAX_BYTES + 1)), 413, "too_large")


def test_content_type_of_a_form_ignores_case(api):
    request = api().build_request("POST", "/predict", files={"file": SEVEN})
    kind = request.headers["content-type"].replace("multipart/form-data", "Multipart/Form-Data")

    response = api().post("/predict", content=request.read(), headers={"Content-Type": kind})

    assert response.json()["digit"] == 7


@pytest.mark.parametrize("count", [0, 65])
def test_batch_has_1_to_64_images(api, count):
    client = api()
    error_of(client.post("/predict/batch", json={"images": [data_url(SEVEN)] * count}), 422, "wrong_request")
    error_of(client.post("/predict/batch", files=[("file", SEVEN)] * count), 422, "wrong_request")


def test_missing_model_is_reported_until_it_is_there(api, tmp_path):
    folder = [tmp_path]
    client = api(lambda: DigitRecognizer(load_digit_model(settings().model, folder[0])))

    for _ in range(2):
        error = error_of(client.post("/predict", files={"file": SEVEN}), 503, "model_not_loaded")
        assert str(tmp_path) not in error["message"]
        error_of(client.get("/ready"), 503, "model_not_loaded")
    folder[0] = settings().models

    assert client.post("/predict", files={"file": SEVEN}).json()["digit"] == 7
    assert client.get("/ready").json() == {"model": settings().model}


def test_response_to_a_failure_hides_its_cause(api, caplog):
    class Broken(DigitRecognizer):
        def recognize(self, data, input_method):
            raise RuntimeError("tensor 17")

    client = api(lambda: Broken(load_digit_model(settings().model, settings().models)))
    error = error_of(client.post("/predict", files={"file": SEVEN}), 500, "inference_failed")

    assert "17" not in error["message"]
    assert "tensor 17" in caplog.text


def test_unexpected_exception_gets_the_same_kind_of_error(api, caplog):
    def lost(user):
        raise RuntimeError("lost")

    client = api(history_of=lost)
    response = client.post("/predict", files={"file": SEVEN}, headers={"Authorization": "Bearer x"})
    error = error_of(response, 500, "failed")

    assert error["message"]
    assert "lost" in caplog.text


def test_busy_server_answers_429_until_it_has_a_free_slot(api, admission):
    admission.queue = 0
    client = api()
    with busy_server(admission):
        response = client.post("/predict", files={"file": SEVEN})

    error_of(response, 429, "busy")
    assert int(response.headers["retry-after"]) >= 1
    assert client.post("/predict", files={"file": SEVEN}).json()["verdict"] == Verdict.DIGIT


def test_number_has_a_box_and_a_confidence_for_each_digit(api):
    ink, boxes = number_ink("2026", 60)
    sheet, (top, left) = on_paper(ink)
    height, width = sheet.shape
    request_body = {
        "files": {"file": encode_image(Image.fromarray(sheet))},
        "data": {"mode": "number", "debug": "true"},
    }

    response = api().post("/predict", **request_body).json()

    assert (response["mode"], response["number"], response["verdict"], response["model"]) == (
        "number",
        "2026",
        "number",
        LINE,
    )
    assert [digit["digit"] for digit in response["digits"]] == [2, 0, 2, 6]
    assert 0 < response["confidence"] <= min(1, *(digit["confidence"] for digit in response["digits"])) + 0.01
    assert len(response["alternatives"]) <= 3
    for digit, (first, upper, last, lower) in zip(response["digits"], boxes, strict=True):
        expected = ((first + left) / width, (upper + top) / height, (last + left) / width, (lower + top) / height)
        assert tuple(digit["box"][edge] for edge in ("left", "top", "right", "bottom")) == pytest.approx(
            expected, abs=0.02
        )
        assert [step["name"] for step in digit["steps"]][-1] == "Network input"
    assert [step["name"] for step in response["steps"]][-1] == "Network input"


def test_batch_of_numbers_with_a_blank_and_a_broken_image(api):
    files = [
        ("file", number_photo("17")),
        ("file", encode_image(Image.new("L", (300, 300), 255))),
        ("file", b"no picture"),
    ]

    response = api().post("/predict/batch", files=files, data={"mode": "number"}).json()

    seventeen, empty, refused = response["results"]
    assert (seventeen["answer"]["number"], seventeen["answer"]["steps"]) == ("17", None)
    assert (empty["answer"]["number"], empty["answer"]["verdict"], empty["answer"]["digits"]) == (None, "blank", [])
    assert refused["error"]["code"] == "not_a_picture"


def test_automatic_mode_says_what_the_image_shows(api):
    client = api()

    digit, number = (
        client.post("/predict", json={"image": data_url(image)} | mode).json()
        for image, mode in ((SEVEN, {}), (number_photo("2741"), {"mode": "auto"}))
    )
    named = client.post("/predict", json={"image": data_url(SEVEN), "mode": "digit"}).json()

    assert (digit["mode"], digit["digit"]) == ("digit", 7)
    assert (number["mode"], number["number"]) == ("number", "2741")
    assert set(digit) == set(named)


@pytest.mark.parametrize("admission", [4], indirect=True, ids=["four slots"])
@pytest.mark.parametrize("addresses", [1, 4])
@pytest.mark.slow
def test_each_address_occupies_one_decoder_at_most(api, monkeypatch, addresses):
    monkeypatch.setattr(decoder_pool, "available_cores", lambda: 4)
    # The next pool hasn't started any process.
    decoder_pool.decoder_pool.cache_clear()
    image = encode_image(photo(7), "JPEG")
    clients = [api(address=f"10.0.0.{number % addresses}") for number in range(4)]

    with ThreadPoolExecutor(4) as threads:
        responses = list(threads.map(lambda client: client.post("/predict", files={"file": image}), clients))

    assert [response.json()["digit"] for response in responses] == [7] * 4
    pool = decoder_pool.decoder_pool()
    started = sum(decoder._process is not None for decoder in pool._decoders)
    assert (started == 1) == (addresses == 1)
    pool.close()
    decoder_pool.decoder_pool.cache_clear()
