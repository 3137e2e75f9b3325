from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.prediction import InputMethod
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.storage.api_keys import create_key, list_keys, revoke_key
from digitrec.storage.database import Database
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.users import list_users, set_disabled, sign_in
from tests.api.test_predict import error_of
from tests.support.metrics import metric
from tests.support.pictures import drawing_png, encode_image, number_photo

ADA = User("1", "ada@example.org", "Ada", signed_in_at=datetime.now(UTC))
SEVEN, THREE = {"file": drawing_png(7)}, {"file": drawing_png(3)}


def with_key(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def ada(history):
    sign_in(history.database, ADA, ADA.signed_in_at)
    return replace(history, user=ADA)


@pytest.fixture
def key(ada):
    return create_key(ada.database, ADA, "laptop")


def test_only_predictions_made_with_a_key_are_saved(api, history, ada, key):
    client = api()

    recorded = client.post("/predict", files=SEVEN, headers=with_key(key)).json()["recorded"]
    batch = client.post("/predict/batch", files=[("file", THREE["file"])] * 2, headers=with_key(key)).json()
    unknown = client.post("/predict", files=SEVEN).json()["recorded"]

    assert (recorded, unknown) == (True, False)
    assert [result["answer"]["recorded"] for result in batch["results"]] == [True, True]
    assert [(result.label, result.input_method) for result in ada.newest(9)] == [
        ("3", InputMethod.API),
        ("3", InputMethod.API),
        ("7", "api"),
    ]
    assert ada.picture(ada.newest(1)[0])
    assert history.count() == 0
    [shown] = list_keys(ada.database, ADA)
    assert abs((shown.last_used - datetime.now(UTC)).total_seconds()) < 60


def test_number_is_saved_as_a_number(api, ada, key):
    request_body = {"files": {"file": number_photo("2026")}, "data": {"mode": "number"}}
    assert api().post("/predict", **request_body, headers=with_key(key)).json()["recorded"]

    [saved] = ada.all()
    assert (saved.mode, saved.label, saved.input_method) == ("number", "2026", "api")


def test_blank_image_is_not_saved(api, ada, key):
    blank = {"file": encode_image(Image.new("L", (300, 300), 255))}
    response = api().post("/predict", files=blank, headers=with_key(key)).json()

    assert (response["verdict"], response["recorded"], ada.count()) == ("blank", False, 0)


def test_invalid_revoked_and_disabled_keys_are_rejected(api, ada, key):
    client = api()
    [listed] = list_keys(ada.database, ADA)
    other = create_key(ada.database, ADA, "other")
    revoke_key(ada.database, ADA, listed.key_id)

    for wrong in (key, "digitrec_", other[:-1], "\N{SNOWMAN}".encode()):
        headers = {"Authorization": b"Bearer " + wrong if isinstance(wrong, bytes) else f"Bearer {wrong}"}
        response = client.post("/predict", files=SEVEN, headers=headers)
        error_of(response, 401, "key_wrong")
        assert response.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", files=SEVEN, headers=with_key(other)).json()["recorded"]
    set_disabled(ada.database, int(list_users(ada.database)["user_id"][0]), True)
    error_of(client.post("/predict", files=SEVEN, headers=with_key(other)), 401, "key_wrong")
    assert metric("digitrec_requests_total", path="/api/predict", status="401") >= 5


def test_closed_api_requires_a_key(api, setting, key):
    setting("API_OPEN", "false")
    client = api()

    response = client.post("/predict", files=SEVEN)

    assert '"Authorization: Bearer KEY"' in error_of(response, 401, "key_missing")["message"]
    assert response.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", files=SEVEN, headers=with_key(key)).json()["digit"] == 7


def test_requests_without_a_key_work_during_a_database_outage(api, tmp_path):
    unreachable = History(Database("postgresql://nobody@127.0.0.1:9/nothing"), Images(tmp_path), LOCAL_USER)
    client = api(history_of=lambda user: replace(unreachable, user=user))

    error_of(client.post("/predict", files=SEVEN, headers=with_key("digitrec_x")), 503, "keys_unreachable")
    assert client.post("/predict", files=SEVEN).json()["digit"] == 7


def test_prediction_that_cannot_be_saved_is_still_returned(api, ada, key):
    before = metric("digitrec_records_not_kept_total")
    broken = replace(ada, images=Images(f"{ada.images.folder}/file/below"))
    ada.images.folder.mkdir(parents=True)
    (ada.images.folder / "file").touch()

    client = api(history_of=lambda user: replace(broken, user=user))
    response = client.post("/predict", files=SEVEN, headers=with_key(key)).json()

    assert (response["digit"], response["recorded"]) == (7, False)
    assert metric("digitrec_records_not_kept_total") == before + 1
    assert ada.count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestRateLimits:
    def test_headers_show_the_limit_and_what_is_left(self, api, setting, work_clock):
        setting("LIMIT_API", "3/minute")
        client = api()

        left = []
        for _ in range(3):
            response = client.post("/predict", files=SEVEN)
            assert response.status_code == 200
            assert response.headers["ratelimit-limit"] == "3"
            assert 0 < int(response.headers["ratelimit-reset"]) <= 60
            left.append(response.headers["ratelimit-remaining"])
        refused = client.post("/predict", files=SEVEN)

        assert left == ["2", "1", "0"]
        error = error_of(refused, 429, "too_many_requests")
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["retry-after"] in error["message"]

    def test_each_key_and_each_address_has_its_own_limit(self, api, setting, ada, key):
        setting("LIMIT_API", "1/minute")
        first, second = api(), api(address="5.6.7.8")
        keys = [key, create_key(ada.database, ADA, "other")]

        for client, headers in ((first, {}), (second, {}), (first, with_key(keys[0])), (first, with_key(keys[1]))):
            assert client.post("/predict", files=SEVEN, headers=headers).status_code == 200
            assert client.post("/predict", files=SEVEN, headers=headers).status_code == 429

    def test_every_image_of_a_batch_counts(self, api, setting):
        setting("LIMIT_API", "5/minute")
        client = api()

        assert client.post("/predict/batch", files=[("file", SEVEN["file"])] * 4).status_code == 200
        error_of(client.post("/predict/batch", files=[("file", SEVEN["file"])] * 2), 429, "too_many_requests")

    def test_addresses_of_one_ipv6_network_share_a_limit(self, api, setting):
        setting("LIMIT_API", "1/minute")
        assert api(address="2001:db8::1").post("/predict", files=SEVEN).status_code == 200

        error_of(api(address="2001:db8::2:1").post("/predict", files=SEVEN), 429, "too_many_requests")
        assert api(address="2001:db8:0:1::1").post("/predict", files=SEVEN).status_code == 200
        assert api(address="::ffff:1.2.3.4").post("/predict", files=SEVEN).status_code == 200
        assert api(address="::ffff:1.2.3.5").post("/predict", files=SEVEN).status_code == 200
        assert api(address="1.2.3.4").post("/predict", files=SEVEN).status_code == 429

    def test_expensive_images_use_up_the_limit_faster(self, api, recognizer, setting, work_clock):
        class Slow(DigitRecognizer):
            def recognize(self, data, input_method):
                work_clock.advance(0.3)
                return super().recognize(data, input_method)

        setting("LIMIT_API", "5/minute")
        client = api(lambda: Slow(recognizer.model))
        results = client.post("/predict/batch", files=[("file", SEVEN["file"])] * 3).json()["results"]

        assert [result["error"] and result["error"]["code"] for result in results] == [None, None, "too_many_requests"]
        refused = client.post("/predict", files=SEVEN)
        error_of(refused, 429, "too_many_requests")
        assert int(refused.headers["retry-after"]) > 0

    def test_batch_above_the_limit_is_a_bad_request(self, api, setting):
        setting("LIMIT_API", "5/minute")

        error = error_of(api().post("/predict/batch", files=[("file", SEVEN["file"])] * 6), 422, "wrong_request")

        assert "The rate limit is 5 images in 60 seconds" in error["message"]

    def test_requests_with_invalid_keys_count(self, api, setting):
        setting("LIMIT_API", "2/minute")
        client = api()

        responses = [client.post("/predict", files=SEVEN, headers=with_key(f"digitrec_{n}")) for n in range(3)]

        assert [response.status_code for response in responses] == [401, 401, 429]
