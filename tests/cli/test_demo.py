from digitrec.accounts.users import LOCAL_USER
from digitrec.cli import main
from digitrec.storage.history import open_history


def test_demo_fills_an_empty_folder_once_with_samples(tmp_path, capsys):
    demo = ["demo", "--data", str(tmp_path / "demo"), "--predictions", "30", "--days", "10"]
    assert main(demo) == 0
    assert "Saved 30 sample predictions" in capsys.readouterr().out

    history = open_history(tmp_path / "demo", LOCAL_USER)
    saved = history.newest(100)
    assert len(saved) == 30
    assert {prediction.input_method for prediction in saved} == {"sample"}
    assert all(map(history.picture, saved))
    assert (saved[0].created_at - saved[-1].created_at).days < 10
    history.database.engine.dispose()

    assert main(demo) == 1
    assert "already contains predictions" in capsys.readouterr().err
