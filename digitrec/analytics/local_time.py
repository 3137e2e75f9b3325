"""Moments as a clock on the viewer's wall shows them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HOUR = 60 * 60
DAY = 24 * HOUR
_QUARTER_HOUR = HOUR // 4
_MONDAY = 4 * DAY
"""The first one of 1970, with which weeks are counted."""
_UNITS = {"hour": HOUR, "day": DAY, "week": 7 * DAY}


@dataclass(frozen=True, slots=True)
class Spans:
    """Time cut into hours, days or weeks, the first of them with place 0."""

    unit: str
    """``hour``, ``day`` or ``week``."""
    first: int
    """Where the first one begins, in seconds since 1970 on the viewer's clock."""

    def places(self, local: NDArray[np.int64]) -> NDArray[np.int64]:
        """In which span each moment is."""
        places: NDArray[np.int64] = (local - self.first) // _UNITS[self.unit]
        return places

    def ends(self, places: NDArray[np.int64]) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """Where spans begin and end on the viewer's clock."""
        start = self.first + places * _UNITS[self.unit]
        return pd.to_datetime(start, unit="s"), pd.to_datetime(start + _UNITS[self.unit], unit="s")


def spans(local: NDArray[np.int64]) -> Spans:
    """What moments on the viewer's clock are best shown in: hours up to two days, days up to a season, else weeks."""
    earliest, latest = (int(local.min()), int(local.max())) if local.size else (0, 0)
    unit = "hour" if latest - earliest <= 2 * DAY else "day" if latest - earliest <= 93 * DAY else "week"
    return Spans(unit, earliest - (earliest - _MONDAY) % _UNITS[unit])


def weekdays(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """The days of the week of moments on the viewer's clock, 0 for Monday."""
    days: NDArray[np.int64] = (local - _MONDAY) // DAY % 7
    return days


def local_seconds(moments: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Moments, in seconds since 1970 in UTC, as seconds since 1970 on a clock in this zone, whenever it was changed."""
    if not moments.size:
        return moments
    changes, offsets = _changes(int(moments.min()), int(moments.max()), zone)
    local: NDArray[np.int64] = moments + np.array(offsets)[np.searchsorted(changes, moments, side="right")]
    return local


def _changes(earliest: int, latest: int, zone: tzinfo) -> tuple[list[int], list[int]]:
    """The moments at which the clock was changed, and by how much it is ahead of UTC before, between and after them."""

    def offset_at(moment: int) -> int:
        ahead = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset() or timedelta()
        return round(ahead.total_seconds())

    changes: list[int] = []
    # Clocks are changed at full quarters of an hour, and never twice a day.
    now = earliest - earliest % _QUARTER_HOUR
    offsets = [offset_at(now)]
    while now <= latest:
        tomorrow = now + DAY
        if offset_at(tomorrow) != offsets[-1]:
            while offset_at(now) == offsets[-1]:
                now += _QUARTER_HOUR
            changes.append(now)
            offsets.append(offset_at(now))
        now = tomorrow
    return changes, offsets
