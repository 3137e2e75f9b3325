from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from digitrec.accounts.users import User, guest, signed_in_at, user_from_claims
from digitrec.analytics.summary import summarize
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.filters import Period
from digitrec.storage.history import History
from digitrec.storage.retention import delete_guests
from digitrec.storage.schema import Activity, users
from digitrec.storage.users import (
    AccountStatus,
    account_status,
    import_guest_history,
    list_activities,
    list_users,
    log_activity,
    set_disabled,
    sign_in,
    sign_out,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
VERIFIED = {"email": "a@b.c", "email_verified": True}
ADA = User("1", "ada@example.org", "Ada", "https://example.org/ada.png")


@pytest.fixture
def history_of(database, history):
    """Return the history of a user."""
    return lambda user: History(database, history.images, user)


def rows(database):
    with database.engine.connect() as connection:
        return {row.google_id: row for row in connection.execute(select(users))}


def test_user_is_identified_by_subject_and_issuer():
    google = user_from_claims(
        {"iss": "https://accounts.google.com", "sub": "7", **VERIFIED, "name": "A", "picture": "https://p"}
    )
    other = user_from_claims({"iss": "https://id.example.org", "sub": "7", **VERIFIED, "name": "A"})
    nameless = user_from_claims({"iss": "accounts.google.com", "sub": "8"})

    assert (google.subject, google.email, google.name, google.picture) == ("7", "a@b.c", "A", "https://p")
    assert other.subject == "https://id.example.org|7"
    assert nameless.email.endswith("@placeholder.invalid")
    assert nameless.name
    with pytest.raises(KeyError):
        user_from_claims({"sub": "7"})


def test_sign_in_adds_the_user_and_then_updates_it(database, history_of):
    sign_in(database, ADA, NOON)
    renamed = User("1", "ada@new.example.org", "Ada L.")
    for _ in range(2):
        sign_in(database, renamed, NOON + timedelta(days=1))
        # An older session that is reported again changes nothing.
        sign_in(database, ADA, NOON)

    row = rows(database)["1"]
    assert (row.email, row.name, row.profile_picture_url) == ("ada@new.example.org", "Ada L.", None)
    assert (row.created_at, row.last_login) == (NOON, NOON + timedelta(days=1))
    assert [entry.activity for entry in list_activities(database, ADA)] == [Activity.LOGIN] * 2


def test_same_email_does_not_merge_users(database, history_of, seven):
    sign_in(database, ADA, NOON)
    history_of(ADA).save(seven, InputMethod.CANVAS)
    bob = User("2", "ada@example.org", "Bob")

    sign_in(database, bob, NOON)

    found = rows(database)
    assert found["2"].email == "ada@example.org"
    assert found["1"].email.endswith("@placeholder.invalid")
    assert (history_of(ADA).count(), history_of(bob).count()) == (1, 0)
    sign_in(database, ADA, NOON + timedelta(days=1))
    assert rows(database)["1"].email == "ada@example.org"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_unverified_email_is_not_taken_over_from_its_owner(database, verified):
    sign_in(database, ADA, NOON)
    mallory = user_from_claims({"iss": "i", "sub": "2", "email": ADA.email, "email_verified": verified})

    sign_in(database, mallory, NOON)

    assert not mallory.has_email
    assert ADA.email not in (mallory.email, mallory.name)
    assert rows(database)["1"].email == ADA.email


def test_guest_history_is_imported_with_images_and_counts(database, history_of, seven, three):
    visitor = guest("secret")
    first = history_of(visitor).save(seven, InputMethod.CANVAS)
    sign_in(database, ADA, NOON)
    history_of(ADA).save(three, InputMethod.CANVAS)

    assert import_guest_history(database, visitor, ADA) == 1

    assert history_of(visitor).count() == 0
    assert history_of(ADA).get(first.prediction_id) == first
    assert history_of(ADA).picture(first)
    assert {key: row.total_predictions for key, row in rows(database).items()} == {"1": 2}
    assert import_guest_history(database, visitor, ADA) == 0
    with pytest.raises(ValueError, match="is not a guest"):
        import_guest_history(database, ADA, visitor)


def test_guest_secret_is_not_stored(database, history_of, seven):
    history_of(guest("secret-of-one")).save(seven, InputMethod.CANVAS)

    assert history_of(guest("another")).count() == 0
    [subject] = rows(database)
    assert subject == guest("secret-of-one").subject
    assert "secret-of-one" not in subject


def test_only_the_newest_predictions_of_a_guest_are_kept(history_of, seven):
    history = history_of(guest("secret"))
    saved = [history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(minutes=n), keep_newest=3) for n in range(5)]

    assert history.newest(10) == saved[:1:-1]
    assert [bool(history.picture(saved)) for saved in saved] == [False, False, True, True, True]


def test_inactive_guests_are_deleted(database, history_of, history, seven):
    now = datetime.now(UTC)
    idle, busy = history_of(guest("idle")), history_of(guest("busy"))
    old = idle.save(seven, InputMethod.CANVAS, at=now - timedelta(days=9))
    busy.save(seven, InputMethod.CANVAS, at=now)
    history.save(seven, InputMethod.CANVAS, at=now - timedelta(days=9))
    with database.engine.begin() as connection:
        connection.execute(users.update().values(created_at=now - timedelta(days=10)))

    assert delete_guests(database, history.images, timedelta(days=7)) == 1

    assert set(rows(database)) == {busy.user.subject, "local"}
    assert not idle.picture(old)


def test_disabled_user_has_no_access_until_enabled(database, history_of, seven):
    sign_in(database, ADA, NOON)
    saved = history_of(ADA).save(seven, InputMethod.CANVAS)
    [user_id] = list_users(database)["user_id"]

    set_disabled(database, user_id, True)
    assert account_status(database, ADA) is AccountStatus.DISABLED
    assert history_of(ADA).newest(5) == []
    assert history_of(ADA).get(saved.prediction_id) is None
    assert summarize(database, Period(), UTC, user=ADA).metrics is None
    assert history_of(ADA).totals() == (0, None, 0, 0)
    with pytest.raises(StorageError):
        history_of(ADA).save(seven, InputMethod.CANVAS)

    set_disabled(database, user_id, False)
    assert account_status(database, ADA) is AccountStatus.ACTIVE
    assert history_of(ADA).newest(5) == [saved]


def test_guests_are_not_listed(database, history_of, seven):
    sign_in(database, ADA, NOON)
    history_of(ADA).save(seven, InputMethod.CANVAS)
    history_of(guest("secret")).save(seven, InputMethod.CANVAS)

    listed = list_users(database)

    assert listed["google_id"].tolist() == ["1"]
    assert listed[["name", "email", "predictions", "disabled"]].values.tolist() == [
        ["Ada", "ada@example.org", 1, False]
    ]
    assert listed["last_login"].tolist() == [NOON]


def test_disabled_user_cannot_delete_the_account(database, history_of, seven):
    sign_in(database, ADA, NOON)
    history_of(ADA).save(seven, InputMethod.CANVAS)
    [user_id] = list_users(database)["user_id"]
    set_disabled(database, user_id, True)

    history_of(ADA).delete_account()

    assert account_status(database, ADA) is AccountStatus.DISABLED


def test_signing_out_ends_all_earlier_sessions(database, history_of, seven):
    tab = replace(ADA, signed_in_at=NOON)
    sign_in(database, tab, NOON)
    saved = history_of(tab).save(seven, InputMethod.CANVAS)

    sign_out(database, tab)

    assert account_status(database, tab) is AccountStatus.SIGNED_OUT
    assert history_of(tab).newest(5) == []
    with pytest.raises(StorageError, match="Sign in again"):
        history_of(tab).save(seven, InputMethod.CANVAS)
    again = replace(ADA, signed_in_at=datetime.now(UTC))
    assert account_status(database, again) is AccountStatus.ACTIVE
    assert history_of(again).newest(5) == [saved]


def test_signing_out_ends_a_sign_in_dated_ahead_of_our_clock(database):
    ahead = replace(ADA, signed_in_at=datetime.now(UTC) + timedelta(minutes=1))
    sign_in(database, ahead, ahead.signed_in_at)

    sign_out(database, ahead)

    assert account_status(database, ahead) is AccountStatus.SIGNED_OUT


def test_ended_sign_in_does_not_end_a_later_one(database):
    now = datetime.now(UTC).replace(microsecond=0)
    ended, later = (replace(ADA, signed_in_at=now - timedelta(seconds=ago)) for ago in (300, 100))
    sign_in(database, ended, ended.signed_in_at)
    with database.engine.begin() as connection:
        connection.execute(users.update().values(signed_out_at=now - timedelta(seconds=200)))
    sign_in(database, later, later.signed_in_at)

    sign_out(database, ended)

    assert account_status(database, later) is AccountStatus.ACTIVE


def test_open_tab_does_not_restore_a_deleted_account(database, history_of, seven):
    sign_in(database, ADA, NOON)
    history_of(ADA).delete_account()

    with pytest.raises(StorageError, match="Sign in again"):
        history_of(ADA).save(seven, InputMethod.CANVAS)
    with pytest.raises(StorageError):
        log_activity(database, ADA, Activity.VIEW_HISTORY)
    assert account_status(database, ADA) is AccountStatus.DELETED
    assert rows(database) == {}


@pytest.mark.parametrize("picture", ["/etc/passwd", "file:///etc/passwd", "http://example.org/a.png", 7, None])
def test_profile_picture_must_be_an_https_url(picture):
    assert user_from_claims({"iss": "i", "sub": "1", "picture": picture}).picture is None


@pytest.mark.parametrize(
    "name", ["\u202e Ada \u202e Lovelace", "山田\u3000太郎", "Jean\u00a0Paul", " Ada\tLovelace\n", "Ada \u202eLovelace"]
)
def test_spaces_in_names_become_plain_spaces(name):
    first, last = user_from_claims({"iss": "i", "sub": "1", "name": name}).name.split(" ")
    assert first + last in ("山田太郎", "JeanPaul", "AdaLovelace")


def test_long_claims_are_shortened(database):
    long = {"name": "N" * 300 + "\0", "email": "e" * 400, "picture": "https://" + "p" * 2000}
    user = user_from_claims({"iss": "i", "sub": "1", **long})
    sign_in(database, user, NOON)
    assert len(rows(database)["i|1"].name) == 255
    assert (
        user_from_claims({"iss": "i", "sub": "1", "email": "x@placeholder.invalid", "email_verified": True}).email
        != "x@placeholder.invalid"
    )


def test_users_with_long_subjects_are_told_apart(database):
    issuer = "https://id.example.org/" + 100 * "tenant/"
    for sub in ("ada", "ben", "ada"):
        sign_in(database, user_from_claims({"iss": issuer, "sub": sub}), NOON)

    assert len(rows(database)) == 2


def test_deleting_an_account_deletes_all_its_data(database, history_of, history, seven):
    sign_in(database, ADA, NOON)
    mine = history_of(ADA).save(seven, InputMethod.CANVAS)
    theirs = history.save(seven, InputMethod.CANVAS)

    history_of(ADA).delete_account()

    assert set(rows(database)) == {"local"}
    assert list_activities(database, ADA) == []
    assert not history_of(ADA).picture(mine)
    assert history.picture(theirs)


def test_sign_in_time_comes_from_the_provider():
    assert signed_in_at({"iat": 1773144000}) == NOON
    assert signed_in_at({}) < NOON - timedelta(days=365)
