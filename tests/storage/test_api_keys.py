from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from digitrec.accounts.users import LOCAL_USER, User
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.api_keys import MAX_KEYS, create_key, find_owner, list_keys, revoke_key
from digitrec.storage.schema import Activity, api_keys
from digitrec.storage.users import list_users, log_activity, set_disabled, sign_in, sign_out

ADA = User("1", "ada@example.org", "Ada", signed_in_at=datetime.now(UTC))
BOB = User("2", "bob@example.org", "Bob", signed_in_at=datetime.now(UTC))


@pytest.fixture(autouse=True)
def people(database):
    for user in (ADA, BOB):
        sign_in(database, user, user.signed_in_at)


def test_key_identifies_its_owner_and_is_not_stored(database):
    key = create_key(database, ADA, "  laptop\n")
    another = create_key(database, BOB, "laptop")

    _, owner = find_owner(database, key)

    assert (owner.subject, owner.email) == ("1", "ada@example.org")
    assert find_owner(database, another)[1].subject == "2"
    assert find_owner(database, key + "x") is find_owner(database, "") is None
    with database.engine.connect() as connection:
        rows = connection.execute(select(api_keys)).all()
    assert {row.hash for row in rows}.isdisjoint((key, another))
    assert all(key not in map(str, row) and len(row.prefix) < 20 for row in rows)
    [shown] = list_keys(database, ADA)
    assert (shown.name, key.startswith(shown.prefix)) == ("laptop", True)


def test_last_use_is_updated_once_a_minute(database):
    key = create_key(database, ADA, "laptop")
    assert list_keys(database, ADA)[0].last_used is None

    find_owner(database, key)
    first = list_keys(database, ADA)[0].last_used
    find_owner(database, key)

    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    assert list_keys(database, ADA)[0].last_used == first
    with database.engine.begin() as connection:
        connection.execute(api_keys.update().values(last_used=first - timedelta(hours=1)))
    find_owner(database, key)
    assert list_keys(database, ADA)[0].last_used > first - timedelta(minutes=1)


def test_only_the_owner_can_revoke_a_key(database):
    key = create_key(database, ADA, "laptop")
    [shown] = list_keys(database, ADA)

    assert not revoke_key(database, BOB, shown.key_id)
    assert find_owner(database, key)
    assert revoke_key(database, ADA, shown.key_id)
    assert find_owner(database, key) is None
    assert list_keys(database, ADA) == []


def test_key_works_after_sign_out_but_not_for_disabled_users(database, history):
    key = create_key(database, ADA, "laptop")
    sign_out(database, ADA)
    assert find_owner(database, key)

    user_id = int(list_users(database).set_index("google_id").at["1", "user_id"])
    set_disabled(database, user_id, True)
    assert find_owner(database, key) is None
    set_disabled(database, user_id, False)
    assert find_owner(database, key)

    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE google_id = '1'"))
        assert connection.scalar(text("SELECT count(*) FROM api_keys")) == 0


def test_key_saves_predictions_after_its_owner_signs_out(database, history, seven):
    key = create_key(database, ADA, "laptop")
    _, owner = find_owner(database, key)
    # As if the request took a while, or the clock of the provider were ahead.
    sign_out(database, replace(ADA, signed_in_at=datetime.now(UTC) + timedelta(minutes=1)))

    saved = replace(history, user=owner).save(seven, InputMethod.API)

    assert saved.input_method is InputMethod.API


def test_number_and_names_of_keys_are_limited(database, history):
    for name in ("", " \n", "x" * 101):
        with pytest.raises(ValueError):
            create_key(database, ADA, name)
    for number in range(MAX_KEYS):
        create_key(database, ADA, f"key {number}")
    with pytest.raises(StorageError, match="reached the limit"):
        create_key(database, ADA, "one more")

    assert list_keys(database, ADA)[0].name == f"key {MAX_KEYS - 1}"
    with pytest.raises(StorageError, match="no longer signed in"):
        create_key(database, LOCAL_USER, "no such user yet")
    log_activity(history.database, history.user, Activity.VIEW_PROFILE)
    assert find_owner(database, create_key(database, LOCAL_USER, "local"))[1].subject == LOCAL_USER.subject
