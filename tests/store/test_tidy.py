from datetime import UTC, datetime, timedelta

import numpy as np

from digitrec.cli import main
from digitrec.recognition.recognition import Source
from digitrec.store.tidy import Tidied, tidy


def test_old_records_and_orphans_are_removed_and_the_rest_is_left(database, records, seven, monkeypatch):
    monkeypatch.setattr("digitrec.store.images._YOUNG", timedelta(seconds=-5))
    records.save(seven, Source.CANVAS, at=datetime.now(UTC) - timedelta(days=40))
    kept = records.save(seven, Source.CANVAS)
    records.images.write(np.zeros((5, 5), np.uint8))

    assert tidy(database, records.images, timedelta(days=30)) == Tidied(records=1, pictures=1)
    assert tidy(database, records.images) == Tidied(records=0, pictures=0)

    assert records.newest(5) == [kept]
    assert records.picture(kept)


def test_command_says_what_it_removed(tmp_path, setting, capsys):
    setting("DATA", tmp_path)
    setting("KEEP_DAYS", 30)

    assert main(["tidy"]) == 0
    assert "0 records past their age and 0 pictures" in capsys.readouterr().out
