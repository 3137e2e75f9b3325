import os
import stat

import pytest

from digitrec.accounts.users import LOCAL_USER
from digitrec.prediction import InputMethod
from digitrec.storage.history import open_history


@pytest.fixture
def umask():
    """Let new files be readable and writable by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def open_private_history(tmp_path, umask):
    """Return a function that opens the same history again."""
    histories = []

    def open_private_history():
        histories.append(open_history(tmp_path / "data", LOCAL_USER))
        return histories[-1]

    yield open_private_history
    for history in histories:
        history.database.engine.dispose()


def modes(folder):
    """Return the permissions of a folder and everything in it, by name."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


def test_history_is_private_whatever_the_umask(open_private_history, tmp_path, seven):
    saved = open_private_history().save(seven, InputMethod.CANVAS)

    folders = {"data": 0o700, "images": 0o700}
    files = {saved.image: 0o600} | dict.fromkeys(
        ("digitrec.sqlite", "digitrec.sqlite-wal", "digitrec.sqlite-shm"), 0o600
    )
    assert modes(tmp_path / "data") == folders | files


def test_history_that_others_could_read_becomes_private(open_private_history, tmp_path, seven):
    open_private_history().save(seven, InputMethod.CANVAS)
    private = modes(tmp_path / "data")
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)

    assert open_private_history().count() == 1

    assert modes(tmp_path / "data") == private
