from dataclasses import replace

import pytest

from digitrec.accounts.users import user_from_claims
from digitrec.prediction import InputMethod
from digitrec.storage import users
from digitrec.storage.schema import Activity
from digitrec.storage.users import list_activities, list_users, set_disabled, sign_out
from tests.support.page_actions import clear, draw, gallery, text
from tests.support.pictures import drawing_png
from tests.web.conftest import claims


def history_of(history, claims):
    return replace(history, user=user_from_claims(claims))


def sign_up(history, claims):
    users.sign_in(history.database, user_from_claims(claims), user_from_claims(claims).signed_in_at)
    return history_of(history, claims)


def buttons(app):
    return {button.label for button in app.button}


def test_without_sign_in_there_is_no_sign_in_button(app):
    assert not any("Sign" in label for label in buttons(app))
    assert "guest" not in text(app)


def test_guest_can_draw_and_sees_how_long_it_is_saved(sign_in, history):
    app = sign_in(None)
    assert "Sign in with Google" in buttons(app)

    draw(app, 7)

    assert not app.exception
    assert "Saved to your history" in text(app)
    assert "You're a guest. Your last 20 predictions" in text(app)
    assert history.count() == 0


def test_signed_in_user_has_a_separate_history(sign_in, history):
    app = sign_in(claims("ada"))
    draw(app, 7)
    assert "Sign out" in buttons(app)
    assert history_of(history, claims("ada")).count() == 1

    app = sign_in(claims("bob"))
    app.switch_page("pages/history.py").run()
    assert not app.exception
    assert any("No predictions yet" in markdown.value for markdown in app.markdown)


def test_prediction_of_another_user_does_not_open(sign_in, history, recognizer):
    theirs = sign_up(history, claims("bob")).save(
        recognizer.recognize(drawing_png(7), InputMethod.CANVAS), InputMethod.CANVAS
    )
    sign_up(history, claims("ada")).save(recognizer.recognize(drawing_png(3), InputMethod.CANVAS), InputMethod.CANVAS)
    app = sign_in(claims("ada")).switch_page("pages/history.py").run()
    app.session_state["session"].opened_prediction = theirs.prediction_id
    app.run()

    assert not app.exception
    assert "no longer exists" in app.toast[0].value
    assert not app.get("dialog")


@pytest.mark.parametrize(("days", "signed_in"), [(6.9, True), (7.1, False)])
def test_sign_in_expires(sign_in, days, signed_in):
    app = sign_in(claims("ada", days_ago=days))

    assert ("Sign out" in buttons(app)) == signed_in
    assert ("Your sign-in expired after 7 days" in text(app)) != signed_in


def test_session_is_emptied_when_the_sign_in_expires(sign_in):
    app = sign_in(claims("ada"))
    draw(app, 3)
    clear(app)
    draw(app, 7)
    assert "Saved to your history" in text(app)
    assert gallery(app)
    app.user = {"is_logged_in": True, **claims("ada", days_ago=8)}

    app.run()

    assert not app.exception
    assert "Saved" not in text(app)
    assert not gallery(app)


def test_sign_out_elsewhere_makes_the_session_a_guest(sign_in, history):
    app = sign_in(claims("ada", days_ago=1))
    sign_out(history.database, user_from_claims(claims("ada")))

    app.run()

    assert not app.exception
    assert "Sign in with Google" in buttons(app)
    assert "Ada" not in text(app)


@pytest.mark.parametrize("lacking", ["iss", "sub"])
def test_claims_without_an_identity_are_ignored(sign_in, lacking):
    app = sign_in({name: value for name, value in claims("ada").items() if name != lacking})

    assert not app.exception
    assert "Sign in with Google" in buttons(app)


def test_account_shows_each_activity_once(sign_in, history):
    app = sign_in(claims("ada"))
    draw(app, 7)
    app.run()
    app.switch_page("pages/history.py").run()
    app.run()
    app.switch_page("pages/account.py").run()
    app.run()

    assert not app.exception
    assert "Ada" in text(app)
    assert app.metric[0].value == "1"
    activities = [
        entry.activity for entry in list_activities(history.database, history_of(history, claims("ada")).user)
    ]
    assert sorted(activities) == sorted([Activity.LOGIN, Activity.DRAW, Activity.VIEW_HISTORY, Activity.VIEW_PROFILE])
    app.selectbox(key="activity-kind").set_value(Activity.DRAW).run()
    assert app.dataframe[0].value["Activity"].tolist() == ["Drew a digit or number"]


def test_disabled_user_only_sees_an_error(sign_in, history):
    app = sign_in(claims("ada"))
    set_disabled(history.database, int(list_users(history.database)["user_id"].iloc[0]), True)

    app.run()

    assert "is disabled" in app.error[0].value
    assert not app.title


@pytest.mark.parametrize(
    ("more", "is_admin"),
    [
        ({}, True),
        ({"email": "ADA@example.org"}, True),
        ({"email_verified": False}, False),
        ({"provider": "other"}, False),
    ],
)
def test_admin_needs_a_verified_email_of_the_first_provider(sign_in, setting, more, is_admin, history):
    setting("ADMINS", "ada@example.org, eve@example.org")
    sign_up(history, claims("bob"))
    app = sign_in(claims("ada", **more))

    if is_admin:
        app.switch_page("pages/admin.py").run()
        assert not app.exception
        assert app.dataframe[0].value["name"].tolist() == ["Bob", "Ada"]
        app.button(key="disable").click().run()
        assert list_users(history.database).set_index("name")["disabled"].to_dict() == {"Bob": True, "Ada": False}
    else:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page("pages/admin.py").run()


def test_names_in_the_list_of_users_are_not_formulas(sign_in, setting, history):
    setting("ADMINS", "ada@example.org")
    sign_up(history, claims("bob", name="=HYPERLINK(1)"))
    app = sign_in(claims("ada")).switch_page("pages/admin.py").run()

    assert app.dataframe[0].value["name"].tolist() == ["'=HYPERLINK(1)", "Ada"]


def test_markdown_in_a_name_is_escaped(sign_in):
    app = sign_in(claims("ada", name="[click](https://evil.example) **me** $x$"))

    assert not app.exception
    assert any(menu.proto.popover.label.startswith("\\[click\\]") for menu in app.get("popover"))


@pytest.mark.parametrize(
    ("user_claims", "notice"),
    [
        (None, "You're a guest, identified by a cookie in your browser. Your last 20 predictions are stored"),
        (claims("ada"), "You're signed in. Your predictions are stored until you delete them or your account"),
    ],
    ids=["guest", "signed in"],
)
def test_about_page_explains_what_is_stored(sign_in, user_claims, notice):
    app = sign_in(user_claims).switch_page("pages/about.py").run()

    assert not app.exception
    page_text = " ".join(markdown.value for markdown in app.markdown)
    assert notice in page_text
    assert "not even admins can" in page_text
