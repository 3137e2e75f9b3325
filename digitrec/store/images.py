"""The pictures of records, in a folder beside the database."""

import io
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_LOSSLESS_PIXELS = 100_000


@dataclass(frozen=True, slots=True)
class Images:
    """A folder of pictures under names that nobody can guess."""

    folder: Path

    def write(self, picture: NDArray[np.uint8]) -> str:
        """Keep a picture, grey (height, width) or colour (height, width, 3), and return its name.

        It is encoded anew, so that nothing of the file it came in is kept but its pixels.

        Raises:
            OSError: it cannot be written.
        """
        image = Image.fromarray(picture)
        buffer = io.BytesIO()
        if image.width * image.height <= _LOSSLESS_PIXELS:
            image.save(buffer, "PNG", compress_level=1)
        else:
            image.save(buffer, "JPEG", quality=92)
        name = secrets.token_urlsafe(16)
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True)
        try:
            (self.folder / name).write_bytes(buffer.getvalue())
        except OSError:
            # A full disk leaves the beginning of a file.
            self.delete(name)
            raise
        return name

    def read(self, name: str) -> bytes:
        """The picture kept under a name, as a PNG or JPEG file.

        Raises:
            OSError: it is not there.
        """
        return (self.folder / name).read_bytes()

    def delete(self, name: str) -> None:
        """Remove a picture; one that cannot be removed, or is not there, is no error."""
        with suppress(OSError):
            (self.folder / name).unlink()
