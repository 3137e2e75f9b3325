from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.prediction import InputMethod
from digitrec.storage.api_keys import create_key, list_keys, revoke_key
from digitrec.storage.database import Database
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.users import list_users, set_disabled, sign_in
from tests.api.conftest import count_noun
from tests.api.test_predict import fault
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


def test_what_comes_with_a_key_is_kept_for_its_owner_and_nothing_else_is(api, history, ada, key):
    client = api()

    recorded = client.post("/predict", files=SEVEN, headers=with_key(key)).json()["recorded"]
    batch = client.post("/predict/batch", files=[("file", THREE["file"])] * 2, headers=with_key(key)).json()
    unknown = client.post("/predict", files=SEVEN).json()["recorded"]

    assert (recorded, unknown) == (True, False)
    assert [one["answer"]["recorded"] for one in batch["results"]] == [True, True]
    assert [(one.label, one.input_method) for one in ada.newest(9)] == [
        ("3", InputMethod.API),
        ("3", InputMethod.API),
        ("7", "api"),
    ]
    assert ada.picture(ada.newest(1)[0])
    assert history.count() == 0
    [shown] = list_keys(ada.database, ADA)
    assert abs((shown.last_used - datetime.now(UTC)).total_seconds()) < 60


def test_number_is_kept_as_one(api, ada, key):
    parsed = {"files": {"file": number_photo("2026")}, "data": {"mode": "number"}}
    assert api().post("/predict", **parsed, headers=with_key(key)).json()["recorded"]

    [saved] = ada.all()
    assert (saved.mode, saved.label, saved.input_method) == ("number", "2026", "api")


def test_what_has_no_ink_is_not_kept(api, ada, key):
    blank = {"file": encode_image(Image.new("L", (300, 300), 255))}
    answer = api().post("/predict", files=blank, headers=with_key(key)).json()

    assert (answer["verdict"], answer["recorded"], ada.count()) == ("blank", False, 0)


def test_key_that_is_wrong_revoked_or_of_a_disabled_person_is_refused(api, ada, key):
    client = api()
    [kept] = list_keys(ada.database, ADA)
    other = create_key(ada.database, ADA, "other")
    revoke_key(ada.database, ADA, kept.key_id)

    for wrong in (key, "digitrec_", other[:-1], "\N{SNOWMAN}".encode()):
        headers = {"Authorization": b"Bearer " + wrong if isinstance(wrong, bytes) else f"Bearer {wrong}"}
        answer = client.post("/predict", files=SEVEN, headers=headers)
        fault(answer, 401, "key_wrong")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", files=SEVEN, headers=with_key(other)).json()["recorded"]
    set_disabled(ada.database, int(list_users(ada.database)["user_id"][0]), True)
    fault(client.post("/predict", files=SEVEN, headers=with_key(other)), 401, "key_wrong")
    assert count_noun("digitrec_requests_total", path="/api/predict", status="401") >= 5


def test_setting_asks_everybody_for_a_key(api, setting, key):
    setting("API_OPEN", "false")
    client = api()

    answer = client.post("/predict", files=SEVEN)

    fault(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", files=SEVEN, headers=with_key(key)).json()["digit"] == 7


def test_history_out_of_reach_keeps_nobody_without_a_key_from_reading(api, tmp_path):
    away = History(Database("postgresql://nobody@127.0.0.1:9/nothing"), Images(tmp_path), LOCAL_USER)
    client = api(history_of=lambda user: replace(away, user=user))

    fault(client.post("/predict", files=SEVEN, headers=with_key("digitrec_x")), 503, "keys_unreachable")
    assert client.post("/predict", files=SEVEN).json()["digit"] == 7


def test_picture_that_cannot_be_kept_is_read_and_counted(api, ada, key):
    before = count_noun("digitrec_records_not_kept_total")
    broken = replace(ada, images=Images(f"{ada.images.folder}/file/below"))
    ada.images.folder.mkdir(parents=True)
    (ada.images.folder / "file").touch()

    client = api(history_of=lambda user: replace(broken, user=user))
    answer = client.post("/predict", files=SEVEN, headers=with_key(key)).json()

    assert (answer["digit"], answer["recorded"]) == (7, False)
    assert count_noun("digitrec_records_not_kept_total") == before + 1
    assert ada.count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestLimits:
    def test_limit_is_announced_and_kept(self, api, setting):
        setting("LIMIT_API", "3/minute")
        client = api()

        left = []
        for _ in range(3):
            answer = client.post("/predict", files=SEVEN)
            assert answer.status_code == 200
            assert answer.headers["ratelimit-limit"] == "3"
            assert 0 < int(answer.headers["ratelimit-reset"]) <= 60
            left.append(answer.headers["ratelimit-remaining"])
        refused = client.post("/predict", files=SEVEN)

        assert left == ["2", "1", "0"]
        error = fault(refused, 429, "too_many_requests")
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("3", "0")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["retry-after"] in error["message"]

    def test_each_key_and_each_address_has_its_own(self, api, setting, ada, key):
        setting("LIMIT_API", "1/minute")
        one, another = api(), api(address="5.6.7.8")
        keys = [key, create_key(ada.database, ADA, "other")]

        for client, headers in ((one, {}), (another, {}), (one, with_key(keys[0])), (one, with_key(keys[1]))):
            assert client.post("/predict", files=SEVEN, headers=headers).status_code == 200
            assert client.post("/predict", files=SEVEN, headers=headers).status_code == 429

    def test_batch_counts_its_pictures(self, api, setting):
        setting("LIMIT_API", "5/minute")
        client = api()

        assert client.post("/predict/batch", files=[("file", SEVEN["file"])] * 4).status_code == 200
        fault(client.post("/predict/batch", files=[("file", SEVEN["file"])] * 2), 429, "too_many_requests")

    def test_batch_that_could_never_pass_is_told_so(self, api, setting):
        setting("LIMIT_API", "5/minute")

        error = fault(api().post("/predict/batch", files=[("file", SEVEN["file"])] * 6), 422, "wrong_request")

        assert "No more than 5 pictures in 60 seconds" in error["message"]

    def test_guessing_keys_counts(self, api, setting):
        setting("LIMIT_API", "2/minute")
        client = api()

        answers = [client.post("/predict", files=SEVEN, headers=with_key(f"digitrec_{n}")) for n in range(3)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
