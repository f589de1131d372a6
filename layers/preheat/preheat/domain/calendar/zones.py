"""Wall times of an IANA zone and the UTC instants they mean.

Owns the clock-change contract: a wall time in the spring gap moves to the first valid instant after it. An ambiguous
start means its first occurrence (fold 0), an ambiguous end its second (fold 1). So no part of a shift lacks cover.
Knows no schedule. Instants within are whole microseconds since 1970, which are quicker than datetimes.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.date().toordinal()
SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
_MICROSECOND: Final = timedelta(microseconds=1)
_ZONES_MONTHS_KEPT: Final = 4_096
_ZONES_KEPT: Final = 1_024

# The local dates that it evaluates; beyond them nothing has demand, so that no arithmetic leaves Python's years.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9000, 12, 31)


def to_microseconds(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def from_microseconds(at: int) -> datetime:
    """Return the UTC datetime of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


def time_of_day(wall: time) -> int:
    """Return how many microseconds lie between midnight and a wall time, on a day without a change."""
    return (wall.hour * 3600 + wall.minute * 60 + wall.second) * SECOND_US + wall.microsecond


@lru_cache(maxsize=_ZONES_KEPT)
def find_zone(name: str) -> ZoneInfo | None:
    """Return the zone of this name; None: it is not available here."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such key, no key, or a path that is no file
        return None


def find_instant(day: date, wall: time, zone: str, *, fold: int) -> int:
    """Return the instant, in microseconds, of a wall time on a local date; `fold` picks one of two readings."""
    offset = _find_offsets(zone, day.year * 12 + day.month - 1)[day.day - 1]
    if offset is None:
        return to_microseconds(to_instant(datetime.combine(day, wall), ZoneInfo(zone), fold=fold))
    return (day.toordinal() - EPOCH_DAY) * DAY_US + time_of_day(wall) - offset


def to_instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    """Return the UTC instant of a naive wall time; `fold` picks the reading of an ambiguous one.

    >>> instant(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin"), fold=0).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    offset, other = first.utcoffset(), second.utcoffset()
    if offset == other or offset is None or other is None:
        return first.astimezone(UTC)
    if offset > other:  # The clock went back: both readings exist.
        return (second if fold else first).astimezone(UTC)
    # The clock went forward over this wall time: the change lies between the two readings; find its second.
    low, high = int(second.astimezone(UTC).timestamp()), int(first.astimezone(UTC).timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


@lru_cache(maxsize=_ZONES_MONTHS_KEPT)
def _find_offsets(zone: str, month: int) -> tuple[int | None, ...]:
    """Return the zone's offset in microseconds for each local date of a month (year x 12 + month - 1).

    None stands for a date on which the clock may change. Two changes within half a day would go unseen; no zone has
    had them since 1970, and a test holds the pinned rules to that.
    """
    info = ZoneInfo(zone)
    first = datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - a wall time
    following = datetime((month + 1) // 12, (month + 1) % 12 + 1, 1)  # noqa: DTZ001 - as above
    found: list[int | None] = []
    readings = _read_offsets(first, info)
    for number in range((following - first).days):
        noon = _read_offsets(first + timedelta(days=number, hours=12), info)
        after = _read_offsets(first + timedelta(days=number + 1), info)
        several = readings | noon | after
        found.append(next(iter(several)) // _MICROSECOND if len(several) == 1 else None)
        readings = after
    return tuple(found)


def _read_offsets(wall: datetime, zone: ZoneInfo) -> set[timedelta]:
    offsets = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return {offset for offset in offsets if offset is not None}
