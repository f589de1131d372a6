"""The hours of one start: a wall time, and how long after the midnight of its date it ends, to the minute.

Owns their form in a window of the plant file. Knows no dates.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from preheat_plantfile.writing import Fields, Value

DAYS_MAX: Final = 31  # that one window spans; a longer single event becomes a window for each day
LONGEST: Final = timedelta(days=1_000)
DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A wall time of start, and the time from the midnight before it to the end."""

    start: time
    length: timedelta

    @property
    def span(self) -> timedelta:
        """The time from the start to the end, on a day without a clock change."""
        return self.length - timedelta(hours=self.start.hour, minutes=self.start.minute)

    @property
    def is_whole_days(self) -> bool:
        """Whether they are one or more dates from midnight to midnight, or to the last minute before it."""
        return self.start == time() and (self.length + _MINUTE) % DAY <= _MINUTE

    @property
    def days(self) -> int:
        """The number of whole dates."""
        return (self.length + _MINUTE) // DAY

    def fields(self) -> Fields:
        """Return them as a window has them."""
        midnights, rest = divmod(self.length, DAY)
        if not rest:
            midnights, rest = midnights - 1, DAY
        minutes = rest // _MINUTE
        found: dict[str, Value] = {"start": f"{self.start:%H:%M}", "end": f"{minutes // 60:02}:{minutes % 60:02}"}
        start = timedelta(hours=self.start.hour, minutes=self.start.minute)
        if midnights != int(rest <= start):
            found["end_day"] = midnights
        return found


def hours_of(start: time, end: time, days: int) -> Hours:
    """Return the hours from a start to an end `days` midnights later; an end at 00:00 is that midnight."""
    passed = datetime.combine(date(2000, 1, 1), end) - datetime(2000, 1, 1)  # noqa: DTZ001 - a length
    return Hours(start, days * DAY + passed)
