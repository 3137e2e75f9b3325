import pytest

from digitrec.accounts.users import LOCAL_USER
from digitrec.storage.api_keys import MAX_KEYS, create_key, find_owner, list_keys
from digitrec.storage.schema import Activity


@pytest.fixture
def account(app):
    return app.switch_page("pages/account.py").run()


def make(account, name):
    account.text_input(key="key-name").input(name).run()
    return account.button(key="make-key").click().run()


def test_key_is_made_shown_once_and_revoked(account, history):
    make(account, "My *laptop*")

    [code] = account.code
    assert find_owner(history.database, code.value).user.subject == LOCAL_USER.subject
    [key] = list_keys(history.database, LOCAL_USER)
    assert key.name == "My *laptop*"
    account.run()
    assert not account.code
    said = " ".join(markdown.value for markdown in account.markdown)
    assert key.prefix in said
    assert code.value not in said

    account.button(key=f"revoke-{key.key_id}").click().run()

    assert list_keys(history.database, LOCAL_USER) == []
    assert find_owner(history.database, code.value) is None
    done = [(user_input.activity, user_input.description) for user_input in history.activities()]
    assert done[:2] == [(Activity.REVOKE_KEY, "My *laptop*"), (Activity.MAKE_KEY, "My *laptop*")]


def test_key_needs_a_name(account):
    assert account.button(key="make-key").disabled
    account.text_input(key="key-name").input("  ").run()
    assert account.button(key="make-key").disabled


def test_most_keys_leave_no_room_for_another(account, history):
    for number in range(MAX_KEYS):
        create_key(history.database, LOCAL_USER, f"key {number}")
    account.run()

    assert not any(button.key == "make-key" for button in account.button)
    assert sum(button.label.startswith("Revoke") for button in account.button) == MAX_KEYS
