"""Pictures as data in the page.

Not through ``st.image``, whose links anybody who knows them may open.
"""

import base64
import io
from functools import lru_cache

from PIL import Image

from digitrec.errors import StoreError
from digitrec.store.record import Record
from digitrec.store.records import Records


def data_url(image: Image.Image, side: int) -> str:
    """A picture as a link that holds it, at most ``side`` pixels a side."""
    small = image.copy()
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def thumbnail(records: Records, record: Record, side: int) -> str:
    """The picture of a record, at most ``side`` pixels a side, as a link that holds it; plain grey where it is gone."""
    try:
        return _thumbnail(records, record, side)
    except (OSError, SyntaxError, ValueError, StoreError):
        return data_url(Image.new("L", (1, 1), 128), side)


def forget_thumbnails() -> None:
    """Keep no thumbnail in memory, after pictures were deleted."""
    _thumbnail.cache_clear()


@lru_cache(2048)
def _thumbnail(records: Records, record: Record, side: int) -> str:
    return data_url(Image.open(io.BytesIO(records.picture(record) or b"")), side)
