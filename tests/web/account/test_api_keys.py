import pytest

from digitrec.accounts.users import LOCAL
from digitrec.storage.api_keys import MOST_KEYS, keys_of, make_key, owner_of
from digitrec.storage.schema import Activity


@pytest.fixture
def account(app):
    return app.switch_page("pages/account.py").run()


def make(account, name):
    account.text_input(key="key-name").input(name).run()
    return account.button(key="make-key").click().run()


def test_key_is_made_shown_once_and_revoked(account, records):
    make(account, "My *laptop*")

    [code] = account.code
    assert owner_of(records.database, code.value).person.subject == LOCAL.subject
    [key] = keys_of(records.database, LOCAL)
    assert key.name == "My *laptop*"
    account.run()
    assert not account.code
    said = " ".join(markdown.value for markdown in account.markdown)
    assert key.prefix in said
    assert code.value not in said

    account.button(key=f"revoke-{key.key_id}").click().run()

    assert keys_of(records.database, LOCAL) == []
    assert owner_of(records.database, code.value) is None
    done = [(entry.activity, entry.description) for entry in records.activities()]
    assert done[:2] == [(Activity.REVOKE_KEY, "My *laptop*"), (Activity.MAKE_KEY, "My *laptop*")]


def test_key_needs_a_name(account):
    assert account.button(key="make-key").disabled
    account.text_input(key="key-name").input("  ").run()
    assert account.button(key="make-key").disabled


def test_most_keys_leave_no_room_for_another(account, records):
    for number in range(MOST_KEYS):
        make_key(records.database, LOCAL, f"key {number}")
    account.run()

    assert not any(button.key == "make-key" for button in account.button)
    assert sum(button.label.startswith("Revoke") for button in account.button) == MOST_KEYS
