import subprocess
import sys
import traceback

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from digitrec.accounts.users import LOCAL_USER
from digitrec.cli import main
from digitrec.config import ROOT, settings
from digitrec.errors import StorageError
from digitrec.prediction import InputMethod
from digitrec.storage.database import Database
from digitrec.storage.history import History
from digitrec.storage.images import Images
from digitrec.storage.schema import Activity, metadata
from digitrec.storage.users import list_activities, list_users, log_activity

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_migrations_lead_to_the_schema(database):
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@sqlite_only
def test_reopened_file_keeps_its_content(database):
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO users (google_id, email, name, created_at) VALUES ('a', 'b', 'c', '2026-01-01')")
        )
    again = Database(database.path).open()
    with again.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1
    again.engine.dispose()


@sqlite_only
def test_sqlite_uses_wal_and_foreign_keys(database):
    with database.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0 cut off" + bytes(5000)])
def test_file_that_is_not_a_database_is_left_unchanged(tmp_path, content):
    path = tmp_path / "digitrec.sqlite"
    path.write_bytes(content)

    with pytest.raises(StorageError, match=r"digitrec\.sqlite can't be opened"):
        Database(path).open()
    assert path.read_bytes() == content


def test_database_of_a_later_version_is_left_unchanged(database):
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StorageError, match="belongs to a later version of digitrec and was not changed"):
        Database(database.path or database.url).open()
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


OPEN = """
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from digitrec.storage.database import Database
Database(Path(sys.argv[1])).open().engine.dispose()
"""


@pytest.mark.slow
def test_processes_can_create_one_database_together(tmp_path):
    command = [sys.executable, "-c", OPEN, str(tmp_path / "data" / "digitrec.sqlite")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]

    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4


DIE_MIDWAY = """
import os
import sqlalchemy as sa
def die(table, *_, **__):
    if table.name == "predictions":
        os._exit(9)
sa.event.listen(sa.Table, "before_create", die)
"""


@pytest.mark.slow
def test_interrupted_migration_is_rolled_back(tmp_path):
    path = tmp_path / "digitrec.sqlite"
    process = subprocess.run([sys.executable, "-c", DIE_MIDWAY + OPEN, str(path)], capture_output=True, text=True)
    assert process.returncode == 9, process.stderr

    database = Database(path).open()
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM predictions")) == 0
    database.engine.dispose()


@pytest.mark.slow
def test_app_may_be_in_a_folder_with_a_percent_sign(tmp_path):
    folder = tmp_path / "50% done"
    folder.mkdir()
    (folder / "digitrec").symlink_to(ROOT / "digitrec")

    subprocess.run([sys.executable, "-c", OPEN, folder / "digitrec.sqlite"], cwd=folder, check=True)


def test_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "data").write_text("a file")

    with pytest.raises(StorageError, match="can't be opened"):
        Database(tmp_path / "data" / "digitrec.sqlite").open()


@sqlite_only
def test_deleted_file_is_replaced_once(database):
    assert not database.reopen_if_lost()
    database.path.unlink()

    assert database.reopen_if_lost()
    assert not database.reopen_if_lost()
    assert database.generation == 1
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM predictions")) == 0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_url_may_have_any_common_scheme(new_postgresql, scheme):
    database = Database(new_postgresql.replace("postgresql", scheme, 1)).open()

    assert not database.is_sqlite
    assert database.engine.driver == "psycopg2"
    assert not database.reopen_if_lost()
    database.engine.dispose()


OPEN_POSTGRESQL = """
import sys
import traceback
from digitrec.storage.database import Database
Database(sys.argv[1]).open().engine.dispose()
"""


def test_replicas_can_migrate_one_server_together(new_postgresql):
    command = [sys.executable, "-c", OPEN_POSTGRESQL, new_postgresql]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]

    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://nobody:secret@127.0.0.1:1/none", "can't be opened"),
        ("mysql://host/name", "must be a postgresql URL"),
        ("no address", "not a valid URL"),
        ("postgresql://host:port/name", "not a valid URL"),
        ("postgresql://nobody:secret", "not a valid URL"),
        ("postgresql://127.0.0.1:1/none?user=nobody&password=secret", "can't be opened"),
    ],
)
def test_password_is_not_in_errors_or_the_log(url, message, caplog):
    with pytest.raises(StorageError, match=message) as caught:
        Database(url).open()
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert "secret" not in caplog.text


def test_migrate_command_works_on_either_database(new_postgresql, tmp_path, setting, monkeypatch, capsys):
    setting("DATA", tmp_path / "data")
    assert main(["migrate"]) == 0
    assert (tmp_path / "data" / "digitrec.sqlite").is_file()

    monkeypatch.setenv("DATABASE_URL", new_postgresql)
    settings.cache_clear()
    assert main(["migrate"]) == 0
    assert "newest schema" in capsys.readouterr().out


def test_migrate_command_goes_back_to_an_earlier_version(database, history, seven, setting, monkeypatch, capsys):
    history.save(seven, InputMethod.CANVAS)
    for activity in Activity:
        log_activity(history.database, history.user, activity)
    setting("DATA", database.path.parent if database.path else "nowhere")
    if not database.path:
        monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    settings.cache_clear()

    assert main(["migrate", "--back-to", "0005"]) == 0
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0005"
        activities = set(connection.scalars(text("SELECT activity_type FROM activity_logs")))
    assert activities == set(Activity) - {"make_key", "revoke_key"}
    assert main(["migrate", "--back-to", "nowhere"]) == 1
    assert "no revision nowhere" in capsys.readouterr().err
    assert main(["migrate"]) == 0

    log_activity(history.database, history.user, Activity.MAKE_KEY)
    assert len(list_activities(history.database, history.user)) == len(activities) + 1
    assert history.count() == list_users(history.database)["predictions"].sum() == 1


def test_refused_value_is_logged_but_no_alert(new_postgresql, caplog):
    database = Database(new_postgresql).open()

    with pytest.raises(StorageError):
        database.run(
            lambda connection: connection.execute(text("SELECT CAST(:number AS integer)"), {"number": "9" * 20})
        )
    database.engine.dispose()
    assert "refused a value: NumericValueOutOfRange" in caplog.text
    assert "is failing" not in caplog.text
    assert "999" not in caplog.text


def test_locked_row_is_not_an_outage(new_postgresql, seven, tmp_path):
    database = Database(new_postgresql).open()
    history = History(database, Images(tmp_path), LOCAL_USER)
    history.save(seven, InputMethod.CANVAS)
    with database.engine.begin() as holding:
        holding.execute(text("SELECT * FROM users FOR UPDATE"))
        with pytest.raises(StorageError, match="Couldn't save"):
            history.save(seven, InputMethod.CANVAS)
        assert history.count() == 1
    assert history.save(seven, InputMethod.CANVAS)
    database.engine.dispose()


def test_statement_parameters_are_not_in_errors(database):
    with pytest.raises(SQLAlchemyError) as caught, database.engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "Ada's drawing"})
    assert "Ada's drawing" not in str(caught.value)
