import pytest
import streamlit as st

from digitrec.accounts.users import LOCAL_USER
from digitrec.storage.api_keys import MAX_KEYS, create_key, find_owner, list_keys
from digitrec.storage.schema import Activity
from digitrec.storage.users import list_activities
from tests.support.page_actions import text


@pytest.fixture
def account(app):
    return app.switch_page("pages/account.py").run()


def create(account, name):
    account.text_input(key="key-name").input(name).run()
    return account.button(key="create-key").click().run()


def test_new_key_is_shown_once_and_can_be_revoked(account, history):
    create(account, "My *laptop*")

    [code] = account.code
    assert find_owner(history.database, code.value)[1].subject == LOCAL_USER.subject
    [key] = list_keys(history.database, LOCAL_USER)
    assert key.name == "My *laptop*"
    account.run()
    assert not account.code
    page_text = " ".join(markdown.value for markdown in account.markdown)
    assert key.prefix in page_text
    assert r"My \*laptop\*" in page_text
    assert code.value not in page_text

    account.button(key=f"revoke-{key.key_id}").click().run()

    assert list_keys(history.database, LOCAL_USER) == []
    assert find_owner(history.database, code.value) is None
    activities = [(entry.activity, entry.description) for entry in list_activities(history.database, history.user)]
    assert activities[:2] == [(Activity.REVOKE_KEY, "My *laptop*"), (Activity.MAKE_KEY, "My *laptop*")]


def test_name_of_a_key_is_not_a_formula_in_the_table_of_activities(account):
    create(account, "=HYPERLINK(1)")
    account.run()

    assert "'=HYPERLINK(1)" in account.dataframe[0].value["Details"].tolist()


def test_link_to_the_api_is_below_the_base_path(account, monkeypatch):
    get_option = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "digits" if key == "server.baseUrlPath" else get_option(key))
    account.run()
    assert any("(/digits/api/docs)" in element.value for element in account.markdown)


def test_key_needs_a_name(account):
    assert account.button(key="create-key").disabled
    account.text_input(key="key-name").input("  ").run()
    assert account.button(key="create-key").disabled


def test_no_key_can_be_created_at_the_limit(account, history):
    for number in range(MAX_KEYS):
        create_key(history.database, LOCAL_USER, f"key {number}")
    account.run()

    assert not any(button.key == "create-key" for button in account.button)
    assert "limit of 10 API keys" in text(account)
    assert sum(button.label.startswith("Revoke") for button in account.button) == MAX_KEYS
