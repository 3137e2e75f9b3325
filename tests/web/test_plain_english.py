"""No page shows a phrase that the style guide replaces by a plainer one."""

import json
import re

import pytest
from PIL import Image

from digitrec.accounts.users import LOCAL_USER
from digitrec.cli import main
from digitrec.config import ROOT, settings
from digitrec.services import services
from digitrec.storage.api_keys import MAX_KEYS, create_key
from digitrec.storage.filters import NO_FILTER, Order
from tests.support.page_actions import clear, draw, draw_number, open_tab, upload
from tests.support.pictures import encode_image
from tests.support.visible_text import visible_strings
from tests.web.conftest import claims

PHRASES = (
    "told",
    "untold",
    "really",
    "whoever",
    "anew",
    "(no|some|every)body",
    "records?",
    "sure from",
    "surest",
    "least sure",
    "called (un)?sure",
    "reads? it",
    "read (right|wrong)",
    "takes? (it |them |your drawings )?along",
    "taken along",
    "taken for",
    "what is kept",
    "of which",
    "is none",
    "is no (digit|number)",
    "one of ours",
    "you said",
    "way there",
    "certainty",
    "found out",
    "misread",
    "altogether",
    "all the same",
    "as it is",
    "speaks? against",
    "from closer up",
    "in the whole range",
)
SPELLINGS = ("grey", "colours?", "behaviour", "favour", "licence", "centre", "whilst", "cheque", r"\d %")
PATTERN = re.compile("|".join(rf"\b{phrase}(?!\w)" for phrase in PHRASES + SPELLINGS), re.IGNORECASE)
GUIDES = ("README.md", "CONTRIBUTING.md", "pages/about.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")))
PAGES = ("draw", "history", "analytics", "explore", "models", "about", "account")


def tooltips(specification):
    """Yield the names of the values in the tooltips of a chart."""
    if isinstance(specification, list):
        for item in specification:
            yield from tooltips(item)
    elif isinstance(specification, dict):
        for key, item in specification.items():
            yield from (line.get("title", line["field"]) for line in item) if key == "tooltip" else tooltips(item)


@pytest.fixture
def check():
    """Check the visible strings of an app; all findings fail the test at its end."""
    findings = []

    def check(app, state):
        assert not app.exception, state
        title = app.title[0].value if app.title else "No title"
        for text in visible_strings(app):
            if match := PATTERN.search(text):
                excerpt = " ".join(text[max(match.start() - 60, 0) : match.end() + 60].split())
                findings.append(f"{title}, {state}: “{match[0]}” in “{excerpt}”")
        for chart in app.get("vega_lite_chart"):
            # Vega shows the values with these two names as a heading and a picture.
            names = {*tooltips(json.loads(chart.proto.spec))} - {"title", "image"}
            findings.extend(f"{title}, {state}: tooltip “{name}”" for name in names if not name[0].isupper())
        return app

    yield check
    assert not findings, "\n".join(dict.fromkeys(findings))


@pytest.mark.parametrize("name", [*GUIDES, "CHANGELOG.md"])
def test_guides_use_american_spelling(name):
    pattern = "|".join(rf"\b{spelling}(?!\w)" for spelling in SPELLINGS)

    assert re.findall(pattern, (ROOT / name).read_text(), re.IGNORECASE) == []


@pytest.mark.parametrize("name", GUIDES)
def test_guides_run_commands_in_one_way(name):
    commands = "predict|train|evaluate|folds|import|features|migrate|tidy|benchmark|demo"

    assert re.findall(rf"(?<!-m )digitrec (?:{commands})\b", (ROOT / name).read_text()) == []


@pytest.mark.slow
def test_empty_app_uses_plain_english(app, check):
    for page in PAGES:
        check(app.switch_page(f"pages/{page}.py").run(), "empty")


@pytest.mark.slow
def test_draw_page_uses_plain_english(app, check):
    check(draw(app, 7), "confident")
    check(app.pills(key="models").set_value(["everyhand", "baseline"]).run(), "two models")
    for tab in ("Steps", "Saliency maps", "Feature maps"):
        check(open_tab(app, tab), tab)
    check(draw(app, 4, strokes=1), "part of a digit")
    check(clear(app), "cleared")
    check(draw_number(app, "2026"), "number")
    check(upload(app, "digit.png", encode_image(Image.new("L", (64, 64), 255))), "blank upload")
    check(upload(app, "digit.png", b"not a picture"), "damaged upload")


@pytest.mark.slow
def test_history_and_analytics_use_plain_english(app, data_folder, check):
    assert main(["demo", "--data", str(data_folder), "--predictions", "60"]) == 0
    history = services().history_of(LOCAL_USER)
    check(app.switch_page("pages/history.py").run(), "gallery")
    check(app.toggle(key="selecting").set_value(True).run(), "selecting")
    app.button(key="select-all").click().run()
    check(app.button(key="delete-selected").click().run(), "deleting the selection")
    app.toggle(key="selecting").set_value(False).run()
    check(app.get_by_key("view").set_value("Table").run(), "table")
    check(app.get_by_key("label").set_value(["7"]).run(), "filtered")
    check(app.get_by_key("text").set_value("?????").run(), "no matches")
    app.button(key="clear-filters").click().run()
    for saved in history.page(NO_FILTER, Order.LEAST_CONFIDENT, 4):
        app.session_state["session"].opened_prediction = saved.prediction_id
        check(app.run(), f"opened {saved.mode}")
    check(app.switch_page("pages/analytics.py").run(), "sixty predictions")
    create_key(history.database, LOCAL_USER, "Laptop")
    check(app.switch_page("pages/account.py").run(), "one key")
    app.text_input(key="key-name").input("Phone").run()
    check(app.button(key="create-key").click().run(), "new key")
    for number in range(MAX_KEYS - 2):
        create_key(history.database, LOCAL_USER, f"Key {number}")
    check(app.run(), "key limit reached")
    app.text_input(key="confirm-delete").set_value("delete everything").run()
    check(app.button(key="delete-all").click().run(), "everything deleted")


@pytest.mark.slow
def test_explore_page_uses_plain_english(app, check):
    views = app.switch_page("pages/explore.py").run().segmented_control(key="explore").options
    for view in views:
        check(app.segmented_control(key="explore").set_value(view).run(), view)


def test_models_page_uses_plain_english(app, check, setting):
    setting("IMPORT_MODELS", "true")
    app.switch_page("pages/models.py").run()
    for name in ("everyhand", "baseline", "line"):
        check(app.segmented_control(key="model-card").set_value(name).run(), name)


def test_missing_models_use_plain_english(app, check, setting, tmp_path):
    setting("MODELS", tmp_path)
    for page in ("draw", "models", "about"):
        check(app.switch_page(f"pages/{page}.py").run(), "missing models")


@pytest.mark.slow
def test_guests_and_users_see_plain_english(sign_in, setting, check):
    setting("ADMINS", "ada@example.org")
    app = sign_in(None)
    check(draw(app, 7), "guest")
    for page in ("history", "analytics", "about"):
        check(app.switch_page(f"pages/{page}.py").run(), "guest")
    app.user = {"is_logged_in": True, **claims("ada")}
    check(app.run(), "offering the import")
    check(sign_in(claims("bob")), "signed in")
    app = check(sign_in(claims("ada")), "signed in as admin")
    for page in (*PAGES, "admin"):
        check(app.switch_page(f"pages/{page}.py").run(), "admin")
    app.switch_page("pages/admin.py").run()
    check(app.button(key="disable").click().run(), "after disabling a user")
    check(sign_in(claims("bob")), "disabled user")
    check(sign_in(claims("eve", days_ago=settings().sign_in_days + 1)), "expired sign-in")
