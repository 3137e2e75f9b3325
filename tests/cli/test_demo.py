from digitrec.accounts.users import LOCAL_USER
from digitrec.cli import main
from digitrec.storage.history import open_history


def test_samples_fill_an_empty_folder_once_and_are_marked(tmp_path, capsys):
    demo = ["demo", "--data", str(tmp_path / "demo"), "--records", "30", "--days", "10"]
    assert main(demo) == 0
    assert "30 sample records" in capsys.readouterr().out

    history = open_history(tmp_path / "demo", LOCAL_USER)
    kept = history.newest(100)
    assert len(kept) == 30
    assert {saved.input_method for saved in kept} == {"sample"}
    assert all(history.picture(saved) for saved in kept)
    assert (kept[0].created_at - kept[-1].created_at).days < 10
    history.database.engine.dispose()

    assert main(demo) == 1
    assert "empty folder only" in capsys.readouterr().err
