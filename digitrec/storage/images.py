"""The images of saved predictions, in a folder or an object store."""

import logging
import re
import secrets
from collections.abc import Callable, Container
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from numpy.typing import NDArray
from PIL import Image

from digitrec.errors import StorageError
from digitrec.imaging.files.encode import encode_fast, encode_image
from digitrec.server.circuit_breaker import CircuitBreaker
from digitrec.storage.permissions import make_private, make_private_folder

_LOSSLESS_PIXELS = 200_000
"""Larger images are photos, stored as JPEG; drawings are smaller, and predicting them again gives the same result."""
_TIMEOUT_SECONDS = 4.0  # By itself, s3fs waits for minutes for a store that does not respond.
_BREAKER_SECONDS = 2.0
_BULK_SIZE = 1000  # The most objects that S3 deletes with one request.
_MIN_ORPHAN_AGE = timedelta(hours=1)
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")

logger = logging.getLogger(__name__)


def new_name() -> str:
    """Return an unguessable image name."""
    return secrets.token_urlsafe(16)


class Images:
    """Image files with unguessable names, in a folder or an object store."""

    def __init__(self, where: Path | str) -> None:
        """Choose a folder, created on the first write, or a URL that fsspec supports, such as ``s3://bucket/path``."""
        if isinstance(where, Path):
            # In a URL, two colons have a meaning.
            self._files, self._root = LocalFileSystem(), where.absolute().as_posix()
        else:
            try:
                self._files, self._root = url_to_fs(where)
            except (ValueError, ImportError, OSError) as error:
                # The URL may contain a password.
                raise StorageError(f"Images can't be stored in DIGITREC_PICTURES: {error}.") from error
        self._is_local = isinstance(self._files, LocalFileSystem)
        self._options = {"timeout": _TIMEOUT_SECONDS} if self._files.async_impl else {}
        # Other file systems delete one file after the other, and stop at the first one that is missing.
        self._bulk_size = _BULK_SIZE if self._files.async_impl else 1
        self._breaker = CircuitBreaker(_BREAKER_SECONDS)
        # A folder that can't be read is reported when an image is written or read.
        with suppress(OSError):
            if self._is_local and self.folder.is_dir():
                make_private_folder(self.folder)
                make_private(*(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)))

    @property
    def folder(self) -> Path:
        """The folder, or the path within the object store."""
        return Path(self._root)

    def write(self, picture: NDArray[np.uint8], name: str | None = None) -> str:
        """Store an image, gray (height, width) or color (height, width, 3), and return its name, new by default.

        Only the pixels are stored, without any metadata of the original file.

        Raises OSError if the image cannot be written.
        """
        name = name or new_name()
        is_photo = picture.shape[0] * picture.shape[1] > _LOSSLESS_PIXELS
        content = encode_image(Image.fromarray(picture), "JPEG", quality=92) if is_photo else encode_fast(picture)
        try:
            if self._is_local and not self.folder.is_dir():
                make_private_folder(self.folder)
            self._call(self._files.pipe_file, self._path(name), content)
            if self._is_local:
                make_private(self.folder / name)
        except OSError:
            if self._is_local:
                # A full disk leaves an incomplete file.
                self.delete(name)
            raise
        return name

    def read(self, name: str) -> bytes:
        """Return an image as a PNG or JPEG file.

        Raises OSError if the image does not exist or cannot be read.
        """
        content: bytes = self._call(self._files.cat_file, self._path(name))
        return content

    def delete(self, *names: str) -> None:
        """Delete images, on object stores with one request per thousand.

        Errors are ignored: ``delete_orphaned_images`` deletes the images that are left.
        """
        for start in range(0, len(names), self._bulk_size):
            with suppress(OSError):
                self._call(self._files.rm, [self._path(name) for name in names[start : start + self._bulk_size]])

    def delete_orphaned_images(self, used: Container[str]) -> int:
        """Delete the images that are not in use, and return how many there were.

        Images younger than an hour are skipped, since an image is written before its prediction, and so are files
        whose names are not ours.

        Raises OSError if the images cannot be listed.
        """
        before = datetime.now(UTC) - _MIN_ORPHAN_AGE
        try:
            paths = self._files.ls(self._root, detail=False, refresh=True) if self._files.exists(self._root) else []
            orphans = [
                name
                for path in paths
                if _NAME.fullmatch(name := path.rsplit("/", 1)[-1])
                and name not in used
                and self._is_older(path, before)
            ]
        except Exception as error:  # As in `_call`.
            raise _as_os_error(error) from error
        finally:
            # For an object store, the listing would stay in memory, over a kilobyte for each image.
            self._files.invalidate_cache()
        self.delete(*orphans)
        return len(orphans)

    def _is_older(self, path: str, before: datetime) -> bool:
        # Since the folder was listed, a new stroke or another replica may have deleted the image.
        with suppress(FileNotFoundError):
            return bool(self._files.modified(path) < before)
        return False

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call a method of the file system; after an outage all calls fail for two seconds.

        Raises OSError if the call failed.
        """
        if self._breaker.is_open:
            raise OSError("The image store is unavailable right now.")
        try:
            return method(*arguments, **self._options)
        except Exception as error:  # Clients of object stores raise their own exceptions.
            # An OSError other than a timeout is a response of the store.
            if not self._is_local and (isinstance(error, TimeoutError) or not isinstance(error, OSError)):
                logger.warning("The image store is unreachable: %s", error or "no response")
                self._breaker.record_failure()
            raise _as_os_error(error) from error


def _as_os_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(str(error))
