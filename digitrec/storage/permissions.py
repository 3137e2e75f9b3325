"""Files and folders that only the user of the server process may read."""

from contextlib import suppress
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Create a folder, or restrict an existing one, so that only its owner can enter it."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    _restrict(folder, PRIVATE_FOLDER)


def make_private(*files: Path) -> None:
    """Restrict the files that exist, so that only their owner can read or write them."""
    for file in files:
        _restrict(file, PRIVATE_FILE)


def _restrict(path: Path, mode: int) -> None:
    # A mounted volume may be read-only or belong to another user.
    with suppress(OSError):
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)
