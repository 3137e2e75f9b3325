"""Untrusted ZIP archives, checked before anything in them is unpacked."""

import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from digitrec.errors import ImageError, MissingDataError

_MAX_FILES = 200_000
_MAX_BYTES = 2 * 2**30
_MAX_RATIO = 200
"""Images of white paper compress by up to this factor; archives made to fill a disk or memory, by a thousand."""
_ENCRYPTED = 1  # In the flags of a file.


@contextmanager
def damage_reported(path: Path) -> Iterator[None]:
    """Raise MissingDataError, which names the file, if it turns out to be missing or damaged while it is read."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingDataError(f"There is no {path.name} in {path.parent}.") from error
    except (OSError, EOFError, BadZipFile, ImageError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise MissingDataError(f"{path} is damaged or has an unexpected format: {error}") from error


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """Open a ZIP file, or an ``.npz`` or ``.keras`` file, which are ZIP files too.

    Raises BadZipFile with a reason, on opening or while reading, if the archive is damaged, encrypted, or unpacks to
    more than the limit. Raises OSError if it can't be read.
    """
    try:
        with ZipFile(path) as archive:
            _check(archive, path.stat().st_size)
            yield archive
    except (EOFError, MemoryError, NotImplementedError, ValueError, lzma.LZMAError, zlib.error) as error:
        raise BadZipFile(f"it is damaged or compressed in an unknown way ({error})") from error


def _check(archive: ZipFile, size: int) -> None:
    files = archive.infolist()
    if any(file.flag_bits & _ENCRYPTED for file in files):
        raise BadZipFile("it is encrypted; create it again without a password")
    if len(files) > _MAX_FILES:
        raise BadZipFile(f"it has more than {_MAX_FILES:,} files; split it")
    # zipfile reads no more of a file than the size stated here.
    unpacked = sum(file.file_size for file in files)
    if unpacked > _MAX_BYTES:
        raise BadZipFile(f"it unpacks to more than {_MAX_BYTES // 2**30} GB; split it")
    if unpacked > _MAX_RATIO * size:
        raise BadZipFile(
            f"it unpacks to more than {_MAX_RATIO} times its size, like archives that are made to fill a disk"
        )
