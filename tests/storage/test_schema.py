import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from digitrec.accounts.users import LOCAL_USER, User, guest
from digitrec.config import ROOT
from digitrec.prediction import InputMethod
from digitrec.storage.api_keys import create_key, list_keys, revoke_key
from digitrec.storage.database import MIGRATIONS, Database
from digitrec.storage.history import History
from digitrec.storage.schema import Activity, activity_logs
from digitrec.storage.users import count_users, list_activities, list_users, log_activity, sign_in

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def totals(database):
    with database.engine.connect() as connection:
        return dict(connection.execute(text("SELECT google_id, total_predictions FROM users")).all())


def migrate_to(connection, revision, downwards=False):
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    (command.downgrade if downwards else command.upgrade)(config, revision)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_tables_are_in_their_own_schema(database):
    found = inspect(database.engine).get_table_names(schema="image_db")

    assert set(found) == {"users", "predictions", "activity_logs", "api_keys", "alembic_version"}
    assert inspect(database.engine).get_table_names(schema="public") == []


def test_total_counts_added_and_deleted_predictions(database, history, others, seven, three):
    first = history.save(seven, InputMethod.CANVAS)
    history.save(seven, InputMethod.CANVAS, replacing=first)
    history.save(three, InputMethod.CANVAS)
    others.save(three, InputMethod.CANVAS)
    assert totals(database) == {"local": 2, "other": 1}

    history.delete(first.prediction_id)
    assert totals(database) == {"local": 1, "other": 1}

    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM predictions"))
    assert totals(database) == {"local": 0, "other": 0}


def test_deleting_a_user_deletes_predictions_and_activities(database, history, seven):
    history.save(seven, InputMethod.CANVAS)
    log_activity(history.database, history.user, Activity.DRAW)

    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM users"))
        for table in ("predictions", "activity_logs"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE predictions SET confidence = 1.1",
        "UPDATE predictions SET mode = 'letter'",
        "UPDATE users SET total_predictions = -1",
        "UPDATE activity_logs SET activity_type = 'fly'",
        "UPDATE predictions SET user_id = 99",
    ],
)
def test_constraints_refuse_invalid_values(database, history, seven, statement):
    history.save(seven, InputMethod.CANVAS)
    log_activity(history.database, history.user, Activity.DRAW)

    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text(statement))


def test_every_kind_of_activity_can_be_logged(history, others):
    for activity in Activity:
        log_activity(history.database, history.user, activity, f"did {activity}")
    log_activity(others.database, others.user, Activity.LOGIN)

    entries = list_activities(history.database, history.user)

    assert [entry.activity for entry in entries] == list(reversed(Activity))
    assert entries[0].description == "did delete"
    assert abs(entries[0].at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [entry.activity for entry in list_activities(history.database, history.user, limit=3)] == list(
        reversed(Activity)
    )[:3]
    assert [entry.activity for entry in list_activities(history.database, history.user, activity=Activity.LOGIN)] == [
        Activity.LOGIN
    ]


def test_totals_cover_only_that_user(history, others, seven, three):
    assert history.totals() == (0, None, 0, 0)
    first = history.save(seven, InputMethod.CANVAS, at=NOON)
    history.save(three, InputMethod.CANVAS, at=NOON + timedelta(hours=1))
    others.save(three, InputMethod.CANVAS)
    history.set_label(first.prediction_id, "7")

    average = pytest.approx((seven.confidence + three.confidence) / 2, abs=1e-3)
    assert history.totals() == (2, average, 1, 1)


def test_documented_queries_of_the_views_run(database, history, others, seven, three):
    for number in range(3):
        history.save(seven, InputMethod.CANVAS, at=NOON - timedelta(days=number))
    others.save(three, InputMethod.CANVAS, at=NOON)
    section = (ROOT / "docs" / "operations.md").read_text().split("## Database views\n")[1].split("\n## ")[0]

    with database.engine.connect() as connection:
        days, labels, top_users = (
            connection.execute(text(query)).all() for query in re.findall(r"```sql\n(.*?);\n```", section, re.DOTALL)
        )

    assert [(row.day, row.unique_users, row.predictions) for row in days] == [
        ("2026-03-10", 2, 2),
        ("2026-03-09", 1, 1),
        ("2026-03-08", 1, 1),
    ]
    assert min(row.average_processing_time_ms for row in days) > 0
    assert [(row.label, row.predictions) for row in labels] == [("7", 3), ("3", 1)]
    assert [(row.name, row.total_predictions) for row in top_users] == [(LOCAL_USER.name, 3), (others.user.name, 1)]
    assert top_users[1].average_confidence == pytest.approx(three.confidence, abs=1e-3)


def test_guests_are_not_counted_as_users(database, history, others, seven):
    history.save(seven, InputMethod.CANVAS)
    replace(history, user=guest("secret")).save(seven, InputMethod.CANVAS)

    assert count_users(database) == 2


def test_migration_from_the_first_version_keeps_the_data(database, history, seven):
    history.save(seven, InputMethod.CANVAS)
    history.save(seven, InputMethod.CANVAS)
    with database.engine.begin() as connection:
        migrate_to(connection, "0001", downwards=True)
        columns = {column["name"] for column in inspect(connection).get_columns("predictions")}
        assert "true_label" not in columns

    again = Database(database.path or database.url).open()

    assert History(again, history.images, LOCAL_USER).count() == 2
    assert totals(again) == {"local": 2}
    again.engine.dispose()


def test_ids_of_deleted_rows_are_not_used_again(database, history, seven):
    """A page that is still open elsewhere would label, revoke or disable something else."""
    later = User("later", "later@example.org", "Later")

    def newest_ids():
        for user in (history.user, later):
            sign_in(database, user, NOON)
        create_key(database, history.user, "laptop")
        saved = history.save(seven, InputMethod.CANVAS)
        return list_users(database)["user_id"].max(), list_keys(database, history.user)[0].key_id, saved.prediction_id

    def delete_newest(ids):
        replace(history, user=later).delete_account()
        revoke_key(database, history.user, ids[1])
        history.delete(ids[2])

    with database.engine.begin() as connection:
        migrate_to(connection, "0006", downwards=True)
    history.save(seven, InputMethod.CANVAS)
    ids = [newest_ids()]
    with database.engine.begin() as connection:
        migrate_to(connection, "head")
    for _ in range(2):
        delete_newest(ids[-1])
        ids.append(newest_ids())

    assert ids == [tuple(first + number for first in ids[0]) for number in range(3)]
    assert totals(database) == {"local": 2, "later": 0}


def test_activity_times_are_in_utc(database, history):
    log_activity(history.database, history.user, Activity.LOGIN)
    with database.engine.begin() as connection:
        connection.execute(activity_logs.update().values(created_at=NOON.astimezone()))
    assert list_activities(history.database, history.user)[0].at == NOON
    assert list_activities(history.database, history.user)[0].at.utcoffset() == timedelta()


def test_user_needs_an_email(database):
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("INSERT INTO users (google_id, email, name) VALUES ('a', NULL, 'c')"))
