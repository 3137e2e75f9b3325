from digitrec.accounts.users import LOCAL
from digitrec.cli import main
from digitrec.storage.history import open_records


def test_samples_fill_an_empty_folder_once_and_are_marked(tmp_path, capsys):
    demo = ["demo", "--data", str(tmp_path / "demo"), "--records", "30", "--days", "10"]
    assert main(demo) == 0
    assert "30 sample records" in capsys.readouterr().out

    records = open_records(tmp_path / "demo", LOCAL)
    kept = records.newest(100)
    assert len(kept) == 30
    assert {record.source for record in kept} == {"sample"}
    assert all(records.picture(record) for record in kept)
    assert (kept[0].created_at - kept[-1].created_at).days < 10
    records.database.engine.dispose()

    assert main(demo) == 1
    assert "empty folder only" in capsys.readouterr().err
