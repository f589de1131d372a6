"""The values of iCalendar's properties that say when: dates, times, durations, offsets and periods.

Owns the meaning of each form and the message about a wrong one. Knows no event and no zone.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from preheat_plantfile.importing.ics_lines import Property

SHOWN_MAX: Final = 40  # characters of a foreign value
_MOMENT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z?))?", re.ASCII | re.IGNORECASE)
_DURATION: Final = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)
# Some programs leave out the plus, or write a colon as in ISO 8601.
_OFFSET: Final = re.compile(r"([+-]?)(\d{2}):?(\d{2})(?::?(\d{2}))?", re.ASCII)


class UnreadableValue(Exception):
    """A value is not of its form; the message names the property, the value and the accepted forms."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a date and a wall time, and what the file says of its zone: UTC, a name, or nothing."""

    day: date
    at: time | None = None
    is_utc: bool = False
    zone: str | None = None  # the TZID, as written

    def __str__(self) -> str:
        return f"{self.day}" if self.at is None else f"{self.day} {self.at:%H:%M}{' UTC' if self.is_utc else ''}"

    @property
    def wall(self) -> datetime:
        """The wall time; of a date its midnight."""
        return datetime.combine(self.day, self.at or time())


def moment_of(prop: Property, text: str | None = None) -> Moment:
    """Return the date or time that a property, or one of its values, holds.

    Raises:
        UnreadableValue: it is neither.
    """
    value = prop.value if text is None else text.strip()
    found = _MOMENT.fullmatch(value)
    try:
        if found is not None:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            zone = prop.params.get("TZID") or None
            if found[4] is None:
                return Moment(day, zone=zone)
            at = time(int(found[4]), int(found[5]), min(int(found[6] or 0), 59))
            if prop.params.get("VALUE", "").upper() == "DATE" and at == time():
                return Moment(day, zone=zone)
            return Moment(day, at, bool(found[7]), None if found[7] else zone)
    except ValueError as error:
        raise _unreadable(prop, value, "a date or time that exists") from error
    raise _unreadable(prop, value, "a date such as 20261202 or a time such as 20261202T060000")


def duration_of(prop: Property, text: str | None = None) -> timedelta:
    """Return a duration; raises UnreadableValue if it is none."""
    value = prop.value if text is None else text.strip()
    found = _DURATION.fullmatch(value)
    if found is None or not any(found.groups()[1:]):
        raise _unreadable(prop, value, "a duration such as PT8H or P1D")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if found[1] == "-" else span


def offset_of(prop: Property) -> timedelta:
    """Return the offset of a zone from UTC; raises UnreadableValue if it is none."""
    found = _OFFSET.fullmatch(prop.value)
    if found is None:
        raise _unreadable(prop, prop.value, "an offset such as +0100")
    span = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -span if found[1] == "-" else span


def period_of(prop: Property, text: str) -> tuple[Moment, Moment | timedelta | None]:
    """Return the begin of an RDATE, and its end or length if it is a period; raises UnreadableValue."""
    begin, slash, end = text.partition("/")
    moment = moment_of(prop, begin)
    if not slash:
        return moment, None
    return moment, duration_of(prop, end) if "P" in end.upper() else moment_of(prop, end)


def show(value: str) -> str:
    """Return a foreign value as a short, printable excerpt in quotes."""
    text = ascii(value) if not value.isprintable() else repr(value)
    return text if len(text) <= SHOWN_MAX + 2 else f"{text[:SHOWN_MAX]}…'"


def _unreadable(prop: Property, value: str, accepted: str) -> UnreadableValue:
    return UnreadableValue(f"{prop.name} (line {prop.line}): found {show(value)}; accepted: {accepted}")
