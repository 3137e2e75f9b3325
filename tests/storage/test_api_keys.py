from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from digitrec.accounts.users import LOCAL, Person
from digitrec.errors import StoreError
from digitrec.storage.api_keys import MOST_KEYS, keys_of, make_key, owner_of, revoke_key
from digitrec.storage.schema import Activity, api_keys
from digitrec.storage.users import everybody, set_disabled, sign_in, sign_out

ADA = Person("1", "ada@example.org", "Ada", signed_in_at=datetime.now(UTC))
BOB = Person("2", "bob@example.org", "Bob", signed_in_at=datetime.now(UTC))


@pytest.fixture(autouse=True)
def people(database):
    for person in (ADA, BOB):
        sign_in(database, person, person.signed_in_at)


def test_key_leads_to_its_owner_and_stands_nowhere(database):
    key = make_key(database, ADA, "  laptop\n")
    another = make_key(database, BOB, "laptop")

    owner = owner_of(database, key)

    assert (owner.person.subject, owner.person.email) == ("1", "ada@example.org")
    assert owner_of(database, another).person.subject == "2"
    assert owner_of(database, key + "x") is owner_of(database, "") is None
    with database.engine.connect() as connection:
        rows = connection.execute(select(api_keys)).all()
    assert {row.hash for row in rows}.isdisjoint((key, another))
    assert all(key not in map(str, row) and len(row.prefix) < 20 for row in rows)
    [shown] = keys_of(database, ADA)
    assert (shown.name, key.startswith(shown.prefix)) == ("laptop", True)


def test_use_is_noted_once_a_minute(database):
    key = make_key(database, ADA, "laptop")
    assert keys_of(database, ADA)[0].last_used is None

    owner_of(database, key)
    first = keys_of(database, ADA)[0].last_used
    owner_of(database, key)

    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
    assert keys_of(database, ADA)[0].last_used == first
    with database.engine.begin() as connection:
        connection.execute(api_keys.update().values(last_used=first - timedelta(hours=1)))
    owner_of(database, key)
    assert keys_of(database, ADA)[0].last_used > first - timedelta(minutes=1)


def test_revoked_key_is_good_for_nothing_and_only_its_owner_revokes_it(database):
    key = make_key(database, ADA, "laptop")
    [shown] = keys_of(database, ADA)

    assert not revoke_key(database, BOB, shown.key_id)
    assert owner_of(database, key)
    assert revoke_key(database, ADA, shown.key_id)
    assert owner_of(database, key) is None
    assert keys_of(database, ADA) == []


def test_key_goes_on_after_a_sign_out_and_not_after_being_disabled_or_deleted(database, records):
    key = make_key(database, ADA, "laptop")
    sign_out(database, ADA)
    assert owner_of(database, key)

    user_id = int(everybody(database).set_index("google_id").at["1", "user_id"])
    set_disabled(database, user_id, True)
    assert owner_of(database, key) is None
    set_disabled(database, user_id, False)
    assert owner_of(database, key)

    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE google_id = '1'"))
        assert connection.scalar(text("SELECT count(*) FROM api_keys")) == 0


def test_only_so_many_are_made_and_each_has_a_name(database, records):
    for name in ("", " \n", "x" * 101):
        with pytest.raises(ValueError):
            make_key(database, ADA, name)
    for number in range(MOST_KEYS):
        make_key(database, ADA, f"key {number}")
    with pytest.raises(StoreError, match="are the most"):
        make_key(database, ADA, "one more")

    assert keys_of(database, ADA)[0].name == f"key {MOST_KEYS - 1}"
    with pytest.raises(StoreError, match="not open"):
        make_key(database, LOCAL, "nobody was here yet")
    records.log(Activity.VIEW_PROFILE)
    assert owner_of(database, make_key(database, LOCAL, "local")).person.subject == LOCAL.subject
