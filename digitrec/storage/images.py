"""The pictures of records, in a folder or in an object store."""

import io
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
from digitrec.server.circuit_breaker import CircuitBreaker

_LOSSLESS_PIXELS = 200_000
"""Drawings have fewer, and are read again from what is kept."""
_ANSWER_SECONDS = 4.0
"""s3fs itself waits for minutes for a store that says nothing, and whoever draws with it."""
_BREAKER_SECONDS = 2.0
_YOUNG = timedelta(hours=1)
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")

logger = logging.getLogger(__name__)


def new_name() -> str:
    """A name for a picture that nobody can guess."""
    return secrets.token_urlsafe(16)


class Images:
    """A place for pictures, kept under names that nobody can guess."""

    def __init__(self, where: Path | str) -> None:
        """Choose a folder, made when it is first written to, or a URL that fsspec knows, such as ``s3://bucket/path``.

        Raises:
            StoreError: nothing that is installed knows such a URL.
        """
        try:
            self._files, self._root = url_to_fs(str(where))
        except (ValueError, ImportError) as error:
            raise StorageError(f"Pictures cannot be kept in {where}: {error}.") from error
        self._is_local = isinstance(self._files, LocalFileSystem)
        self._within = {"timeout": _ANSWER_SECONDS} if self._files.async_impl else {}
        self._breaker = CircuitBreaker(_BREAKER_SECONDS)

    @property
    def folder(self) -> Path:
        """The folder, or the path within the store."""
        return Path(self._root)

    def write(self, picture: NDArray[np.uint8], name: str | None = None) -> str:
        """Keep a picture, grey (height, width) or colour (height, width, 3), under a new name, and return the name.

        It is encoded anew, so that nothing of the file it came in is kept but its pixels.

        Raises:
            OSError: it cannot be written.
        """
        name = name or new_name()
        image = Image.fromarray(picture)
        buffer = io.BytesIO()
        if image.width * image.height <= _LOSSLESS_PIXELS:
            image.save(buffer, "PNG", compress_level=1)
        else:
            image.save(buffer, "JPEG", quality=92)
        try:
            if self._is_local and not self.folder.is_dir():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._ask(self._files.pipe_file, name, buffer.getvalue())
        except OSError:
            if self._is_local:
                # A full disk leaves the beginning of a file.
                self.delete(name)
            raise
        return name

    def read(self, name: str) -> bytes:
        """The picture kept under a name, as a PNG or JPEG file.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        content: bytes = self._ask(self._files.cat_file, name)
        return content

    def delete(self, name: str) -> None:
        """Remove a picture; one that cannot be removed is left to ``delete_orphaned_images``."""
        with suppress(OSError):
            self._ask(self._files.rm_file, name)

    def delete_orphaned_images(self, used: Container[str]) -> int:
        """Remove the pictures that no record uses, and return how many there were.

        Those younger than an hour are left alone, since a picture is written before its record, and so is whatever
        has no name of ``new_name``: it is somebody else's.

        Raises:
            OSError: the pictures cannot be listed.
        """
        try:
            found = self._files.ls(self._root, detail=False, refresh=True) if self._files.exists(self._root) else []
            before = datetime.now(UTC) - _YOUNG
            orphans = [
                path
                for path in found
                if _NAME.fullmatch(name := path.rsplit("/", 1)[-1])
                and name not in used
                and self._files.modified(path) < before
            ]
            for path in orphans:
                self._files.rm_file(path)
        except Exception as error:  # As below.
            raise _os_error(error) from error
        return len(orphans)

    def _ask(self, work: Callable[..., Any], name: str, *what: bytes) -> Any:
        """Have something done with a picture; an object store that cannot be reached is let be for two seconds.

        Raises:
            OSError: it cannot be done.
        """
        if self._breaker.is_open:
            raise OSError("The store for pictures could not be reached just now.")
        try:
            return work(f"{self._root}/{name}", *what, **self._within)
        except Exception as error:  # Clients of object stores raise errors of their own kinds.
            # What the store itself answers comes as an OSError.
            if not self._is_local and (isinstance(error, TimeoutError) or not isinstance(error, OSError)):
                logger.warning("The store for pictures cannot be reached: %s", error or "it says nothing")
                self._breaker.record_failure()
            raise _os_error(error) from error


def _os_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(str(error))
