import time
from datetime import UTC, datetime, timedelta

import numpy as np

from digitrec.accounts.users import LOCAL
from digitrec.cli import main
from digitrec.prediction import Source
from digitrec.storage.history import open_records
from digitrec.storage.retention import delete_old, sweep
from tests.support.app import running_app


def test_old_records_and_orphans_are_removed_and_the_rest_is_left(database, records, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.images._YOUNG", timedelta(seconds=-5))
    records.save(seven, Source.CANVAS, at=datetime.now(UTC) - timedelta(days=40))
    kept = records.save(seven, Source.CANVAS)
    records.images.write(np.zeros((5, 5), np.uint8))

    assert [delete_old(database, records.images, timedelta(days=30)) for _ in range(2)] == [1, 0]
    assert [sweep(database, records.images) for _ in range(2)] == [1, 0]

    assert records.newest(5) == [kept]
    assert records.picture(kept)


def test_command_says_what_it_removed(tmp_path, setting, capsys):
    setting("DATA", tmp_path)
    setting("KEEP_DAYS", 30)

    assert main(["tidy"]) == 0
    assert "0 records past their age and 0 pictures" in capsys.readouterr().out


def test_server_forgets_what_is_past_its_age_by_itself(tmp_path, seven):
    records = open_records(tmp_path, LOCAL)
    old = records.save(seven, Source.CANVAS, at=datetime.now(UTC) - timedelta(days=3))
    new = records.save(seven, Source.CANVAS)

    with running_app(DIGITREC_DATA=str(tmp_path), DIGITREC_KEEP_DAYS="2"):
        deadline = time.monotonic() + 20
        while records.get(old.record_id) and time.monotonic() < deadline:
            time.sleep(0.1)

    assert records.newest(5) == [new]
    assert not records.picture(old)
    records.database.engine.dispose()


def test_only_orphans_of_ours_are_swept_and_none_for_an_empty_database(database, records, seven, monkeypatch):
    monkeypatch.setattr("digitrec.storage.images._YOUNG", timedelta(seconds=-5))
    orphan = records.images.write(np.zeros((5, 5), np.uint8))
    (records.images.folder / "cat.jpg").write_bytes(b"meow")
    (records.images.folder / "below").mkdir()
    (records.images.folder / "below" / orphan).write_bytes(b"somebody else's")

    assert sweep(database, records.images) == 0
    records.save(seven, Source.CANVAS)
    assert sweep(database, records.images) == 1
    assert sorted(path.name for path in records.images.folder.iterdir() if len(path.name) < 22) == ["below", "cat.jpg"]
    assert (records.images.folder / "below" / orphan).is_file()
