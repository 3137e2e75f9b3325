from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from digitrec.accounts.users import LOCAL_USER
from digitrec.cli import main
from digitrec.prediction import InputMethod
from digitrec.storage.history import open_history
from digitrec.storage.retention import delete_expired, delete_orphaned_images
from tests.support.app import eventually, running_app


def test_only_expired_predictions_and_orphans_are_deleted(database, history, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.images._MIN_ORPHAN_AGE", timedelta(seconds=-5))
    history.save(seven, InputMethod.CANVAS, at=datetime.now(UTC) - timedelta(days=40))
    recent = history.save(seven, InputMethod.CANVAS)
    history.images.write(np.zeros((5, 5), np.uint8))

    assert [delete_expired(database, history.images, timedelta(days=30)) for _ in range(2)] == [1, 0]
    assert [delete_orphaned_images(database, history.images) for _ in range(2)] == [1, 0]

    assert history.newest(5) == [recent]
    assert history.picture(recent)


def test_tidy_command_reports_what_it_deleted(tmp_path, setting, capsys):
    setting("DATA", tmp_path)
    setting("KEEP_DAYS", 30)

    assert main(["tidy"]) == 0
    deleted = "Deleted 0 expired predictions, 0 predictions of inactive guests and 0 orphaned images."
    assert deleted in capsys.readouterr().out


@pytest.mark.full
def test_server_deletes_expired_predictions(tmp_path, seven):
    history = open_history(tmp_path, LOCAL_USER)
    old = history.save(seven, InputMethod.CANVAS, at=datetime.now(UTC) - timedelta(days=3))
    new = history.save(seven, InputMethod.CANVAS)

    with running_app(DIGITREC_DATA=str(tmp_path), DIGITREC_KEEP_DAYS="2"):
        eventually(lambda: (history.newest(5), history.picture(old)), ([new], None))
    history.database.engine.dispose()


def test_unknown_files_and_empty_databases_are_left_alone(database, history, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.images._MIN_ORPHAN_AGE", timedelta(seconds=-5))
    orphan = history.images.write(np.zeros((5, 5), np.uint8))
    (history.images.folder / "cat.jpg").write_bytes(b"meow")
    (history.images.folder / "below").mkdir()
    (history.images.folder / "below" / orphan).write_bytes(b"another file")

    assert delete_orphaned_images(database, history.images) == 0
    history.save(seven, InputMethod.CANVAS)
    assert delete_orphaned_images(database, history.images) == 1
    assert sorted(path.name for path in history.images.folder.iterdir() if len(path.name) < 22) == ["below", "cat.jpg"]
    assert (history.images.folder / "below" / orphan).is_file()
