from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from digitrec.accounts.users import User, guest, signed_in_at, user_from_claims
from digitrec.analytics.summary import summarize
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.activities import list_activities, log_activity
from digitrec.storage.filters import Period
from digitrec.storage.history import History
from digitrec.storage.retention import delete_guests
from digitrec.storage.schema import Activity, users
from digitrec.storage.users import (
    AccountStatus,
    account_status,
    get_user_statistics,
    import_guest_history,
    list_users,
    set_disabled,
    sign_in,
    sign_out,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ADA = User("1", "ada@example.org", "Ada", "https://example.org/ada.png")


@pytest.fixture
def of(database, history):
    """The records of somebody."""
    return lambda user: History(database, history.images, user)


def rows(database):
    with database.engine.connect() as connection:
        return {row.google_id: row for row in connection.execute(select(users))}


def test_person_is_the_subject_of_google_or_issuer_and_subject_of_another():
    google = user_from_claims(
        {"iss": "https://accounts.google.com", "sub": "7", "email": "a@b.c", "name": "A", "picture": "https://p"}
    )
    other = user_from_claims({"iss": "https://id.example.org", "sub": "7", "email": "a@b.c", "name": "A"})
    nameless = user_from_claims({"iss": "accounts.google.com", "sub": "8"})

    assert (google.subject, google.email, google.name, google.picture) == ("7", "a@b.c", "A", "https://p")
    assert other.subject == "https://id.example.org|7"
    assert nameless.email.endswith("@placeholder.invalid")
    assert nameless.name
    with pytest.raises(KeyError):
        user_from_claims({"sub": "7"})


def test_first_sign_in_makes_the_user_and_later_ones_refresh_it(database, of):
    sign_in(database, ADA, NOON)
    renamed = User("1", "ada@new.example.org", "Ada L.")
    for _ in range(2):
        sign_in(database, renamed, NOON + timedelta(days=1))
        # An older session that is told of again changes nothing.
        sign_in(database, ADA, NOON)

    row = rows(database)["1"]
    assert (row.email, row.name, row.profile_picture_url) == ("ada@new.example.org", "Ada L.", None)
    assert (row.created_at, row.last_login) == (NOON, NOON + timedelta(days=1))
    assert [entry.activity for entry in list_activities(of(ADA).database, of(ADA).user)] == [Activity.LOGIN] * 2


def test_email_goes_to_who_comes_with_it_and_merges_nobody(database, of, seven):
    sign_in(database, ADA, NOON)
    of(ADA).save(seven, InputMethod.CANVAS)
    bob = User("2", "ada@example.org", "Bob")

    sign_in(database, bob, NOON)

    found = rows(database)
    assert found["2"].email == "ada@example.org"
    assert found["1"].email.endswith("@placeholder.invalid")
    assert (of(ADA).count(), of(bob).count()) == (1, 0)
    sign_in(database, ADA, NOON + timedelta(days=1))
    assert rows(database)["1"].email == "ada@example.org"


def test_guest_records_are_taken_along_with_their_pictures_and_counts(database, of, seven, three):
    visitor = guest("secret")
    first = of(visitor).save(seven, InputMethod.CANVAS)
    sign_in(database, ADA, NOON)
    of(ADA).save(three, InputMethod.CANVAS)

    assert import_guest_history(database, visitor, ADA) == 1

    assert of(visitor).count() == 0
    assert of(ADA).get(first.prediction_id) == first
    assert of(ADA).picture(first)
    assert {key: row.total_predictions for key, row in rows(database).items()} == {"1": 2}
    assert import_guest_history(database, visitor, ADA) == 0
    with pytest.raises(ValueError, match="is not a guest"):
        import_guest_history(database, ADA, visitor)


def test_guest_is_kept_apart_by_a_secret_that_the_database_does_not_hold(database, of, seven):
    of(guest("secret-of-one")).save(seven, InputMethod.CANVAS)

    assert of(guest("another")).count() == 0
    [subject] = rows(database)
    assert subject == guest("secret-of-one").subject
    assert "secret-of-one" not in subject


def test_only_the_newest_are_kept_of_a_guest(of, seven):
    history = of(guest("secret"))
    saved = [history.save(seven, InputMethod.CANVAS, at=NOON + timedelta(minutes=n), keep_newest=3) for n in range(5)]

    assert history.newest(10) == saved[:1:-1]
    assert [bool(history.picture(saved)) for saved in saved] == [False, False, True, True, True]


def test_guests_who_draw_no_more_are_forgotten(database, of, history, seven):
    now = datetime.now(UTC)
    idle, busy = of(guest("idle")), of(guest("busy"))
    old = idle.save(seven, InputMethod.CANVAS, at=now - timedelta(days=9))
    busy.save(seven, InputMethod.CANVAS, at=now)
    history.save(seven, InputMethod.CANVAS, at=now - timedelta(days=9))
    with database.engine.begin() as connection:
        connection.execute(users.update().values(created_at=now - timedelta(days=10)))

    assert delete_guests(database, history.images, timedelta(days=7)) == 1

    assert set(rows(database)) == {busy.user.subject, "local"}
    assert not idle.picture(old)


def test_disabled_person_reaches_and_keeps_nothing_until_enabled_again(database, of, seven):
    sign_in(database, ADA, NOON)
    saved = of(ADA).save(seven, InputMethod.CANVAS)
    [user_id] = list_users(database)["user_id"]

    set_disabled(database, user_id, True)
    assert account_status(database, ADA) is AccountStatus.DISABLED
    assert of(ADA).newest(5) == []
    assert of(ADA).get(saved.prediction_id) is None
    assert summarize(database, Period(), UTC, user=ADA).metrics is None
    assert get_user_statistics(of(ADA).database, of(ADA).user) is None
    with pytest.raises(StorageError):
        of(ADA).save(seven, InputMethod.CANVAS)

    set_disabled(database, user_id, False)
    assert account_status(database, ADA) is AccountStatus.ACTIVE
    assert of(ADA).newest(5) == [saved]


def test_everybody_is_listed_but_guests(database, of, seven):
    sign_in(database, ADA, NOON)
    of(ADA).save(seven, InputMethod.CANVAS)
    of(guest("secret")).save(seven, InputMethod.CANVAS)

    people = list_users(database)

    assert people["google_id"].tolist() == ["1"]
    assert people[["name", "email", "predictions", "disabled"]].values.tolist() == [
        ["Ada", "ada@example.org", 1, False]
    ]
    assert people["last_login"].tolist() == [NOON]


def test_disabled_person_cannot_begin_anew_by_deleting_the_account(database, of, seven):
    sign_in(database, ADA, NOON)
    of(ADA).save(seven, InputMethod.CANVAS)
    [user_id] = list_users(database)["user_id"]
    set_disabled(database, user_id, True)

    of(ADA).delete_account()

    assert account_status(database, ADA) is AccountStatus.DISABLED


def test_signing_out_ends_every_session_begun_before(database, of, seven):
    tab = replace(ADA, signed_in_at=NOON)
    sign_in(database, tab, NOON)
    saved = of(tab).save(seven, InputMethod.CANVAS)

    sign_out(database, tab)

    assert account_status(database, tab) is AccountStatus.SIGNED_OUT
    assert of(tab).newest(5) == []
    with pytest.raises(StorageError, match="Sign in again"):
        of(tab).save(seven, InputMethod.CANVAS)
    again = replace(ADA, signed_in_at=datetime.now(UTC))
    assert account_status(database, again) is AccountStatus.ACTIVE
    assert of(again).newest(5) == [saved]


def test_deleted_account_does_not_come_back_from_a_tab_that_was_open(database, of, seven):
    sign_in(database, ADA, NOON)
    of(ADA).delete_account()

    with pytest.raises(StorageError, match="Sign in again"):
        of(ADA).save(seven, InputMethod.CANVAS)
    with pytest.raises(StorageError):
        log_activity(of(ADA).database, of(ADA).user, Activity.VIEW_HISTORY)
    assert account_status(database, ADA) is AccountStatus.DELETED
    assert rows(database) == {}


@pytest.mark.parametrize("picture", ["/etc/passwd", "file:///etc/passwd", "http://example.org/a.png", 7, None])
def test_only_an_address_is_a_picture(picture):
    assert user_from_claims({"iss": "i", "sub": "1", "picture": picture}).picture is None


def test_claims_are_cut_to_what_can_be_kept(database):
    long = {"name": "N" * 300 + "\0", "email": "e" * 400, "picture": "https://" + "p" * 2000}
    user = user_from_claims({"iss": "i", "sub": "1", **long})
    sign_in(database, user, NOON)
    assert len(rows(database)["i|1"].name) == 255
    assert user_from_claims({"iss": "i", "sub": "1", "email": "x@placeholder.invalid"}).email != "x@placeholder.invalid"


def test_forgotten_person_leaves_nothing(database, of, history, seven):
    sign_in(database, ADA, NOON)
    mine = of(ADA).save(seven, InputMethod.CANVAS)
    theirs = history.save(seven, InputMethod.CANVAS)

    of(ADA).delete_account()

    assert set(rows(database)) == {"local"}
    assert list_activities(of(ADA).database, of(ADA).user) == []
    assert not of(ADA).picture(mine)
    assert history.picture(theirs)


def test_moment_of_sign_in_is_what_the_provider_says():
    assert signed_in_at({"iat": 1773144000}) == NOON
    assert signed_in_at({}) < NOON - timedelta(days=365)
