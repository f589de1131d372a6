"""The leaves of the plant file that choose dates: weekdays, month days, months, dates, rules, days of a cycle.

A reader returns the value or raises ValueError with what is accepted. Knows neither fields nor places.
"""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, Final, NamedTuple

from preheat.domain.calendar.days import CYCLE_MAX, DATES_MAX, LAST, NthWeekday, Weekday
from preheat.domain.calendar.recurrence_rule import RecurrenceRule
from preheat_plantfile.schema.leaves import leaf, whole

COUNT_MAX: Final = 10_000
SHOWN_MAX: Final = 40  # characters of an item of a list
YEARS: Final = (1970, 2199)
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = "|".join(day.name.lower() for day in Weekday)
_MONTH = "|".join(_MONTH_NAMES)
_DAYS = re.compile(rf"daily|({_DAY})(?:-({_DAY})|#([1-5]|last))?")
_MONTHS = re.compile(rf"({_MONTH})(?:-({_MONTH}))?")
_MONTH_DAYS = re.compile(r"(last)|(lastw)|([1-9]|[12]\d|3[01])(?:(w)|-([1-9]|[12]\d|3[01]))?")
_CYCLE_DAYS = re.compile(r"([1-9]\d{0,2})(?:-([1-9]\d{0,2}))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNTIL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_SOME_DAYS = (
    "daily, days such as mon, ranges such as mon-fri or fri-mon, days of a month such as mon#2 or fri#last, "
    "or a list of these"
)
_SOME_MONTH_DAYS = (
    "days 1 to 31, ranges such as 1-7, last, 15w (the weekday nearest to the 15th), lastw (the last weekday), "
    "or a list of these"
)
_SOME_MONTHS = "months such as jan, ranges such as jun-aug or nov-feb, or a list of these"
_SOME_CYCLE_DAYS = f"days of the cycle counted from 1 up to {CYCLE_MAX}, ranges such as 5-7, or a list of these"
A_RULE: Final = "a rule of RFC 5545 by days, such as FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"
_AN_UNTIL = "UNTIL=20261231 or UNTIL=20261231T225959Z, a date and time that exist"
_A_DATE = f"a date such as 2026-12-24, {YEARS[0]} to {YEARS[1]}"


class DayChoice(NamedTuple):
    """Weekdays, and n-th weekdays of a month with them."""

    plain: frozenset[Weekday]
    nth: frozenset[NthWeekday]


class MonthDayChoice(NamedTuple):
    """Days of a month (-1 the last), and days that mean their nearest weekday."""

    days: frozenset[int]
    nearest: frozenset[int]


class Until(NamedTuple):
    """The last moment at which a rule may start: a date, or a date and a time, in UTC or of the rule's own zone."""

    day: date
    at: time | None = None
    is_utc: bool = False


class RuleChoice(NamedTuple):
    """A rule without its end, and its end apart from it: a count or a moment. An end after 2199 is none."""

    text: str
    times: int | None
    until: Until | None


def _each(value: Any, pattern: re.Pattern[str], accepted: str) -> list[re.Match[str]]:
    parts = value if isinstance(value, list) else [value]
    texts = [str(part) if isinstance(part, str | int) and not isinstance(part, bool) else "" for part in parts]
    found = []
    for part, text in zip(parts, texts, strict=True):
        match = pattern.fullmatch(text)
        if match is None:
            raise ValueError(_unlike(value, part, accepted))
        found.append(match)
    if not found:
        raise ValueError(accepted)
    return found


def _unlike(value: Any, part: Any, accepted: str) -> str:
    """Return what is accepted, and of a list which item is not."""
    return f"{accepted}; {str(part)[:SHOWN_MAX]!r} is none of these" if isinstance(value, list) else accepted


def read_days(value: Any) -> DayChoice:
    """Return weekdays, and n-th weekdays of a month."""
    plain: set[Weekday] = set()
    nth: set[NthWeekday] = set()
    for found in _each(value, _DAYS, _SOME_DAYS):
        if found[1] is None:
            plain.update(Weekday)
            continue
        first = Weekday[found[1].upper()]
        if found[3] is not None:
            nth.add(NthWeekday(first, LAST if found[3] == "last" else int(found[3])))
        else:
            last = Weekday[(found[2] or found[1]).upper()]
            plain.update(Weekday((first + step) % 7) for step in range((last - first) % 7 + 1))
    return DayChoice(frozenset(plain), frozenset(nth))


def read_month_days(value: Any) -> MonthDayChoice:
    """Return days of a month."""
    days: set[int] = set()
    nearest: set[int] = set()
    for found in _each(value, _MONTH_DAYS, _SOME_MONTH_DAYS):
        if found[1] or found[2]:
            (days if found[1] else nearest).add(LAST)
        elif found[4]:
            nearest.add(int(found[3]))
        else:
            first, last = int(found[3]), int(found[5] or found[3])
            if last < first:
                raise ValueError(_unlike(value, found[0], _SOME_MONTH_DAYS))
            days.update(range(first, last + 1))
    return MonthDayChoice(frozenset(days), frozenset(nearest))


def read_months(value: Any) -> frozenset[int]:
    """Return months, 1 for January."""
    months: set[int] = set()
    for found in _each(value, _MONTHS, _SOME_MONTHS):
        first = _MONTH_NAMES.index(found[1])
        last = _MONTH_NAMES.index(found[2] or found[1])
        months.update((first + step) % 12 + 1 for step in range((last - first) % 12 + 1))
    return frozenset(months)


def read_cycle_days(value: Any) -> frozenset[int]:
    """Return days of a cycle, counted from 0, of what the file counts from 1."""
    days: set[int] = set()
    for found in _each(value, _CYCLE_DAYS, _SOME_CYCLE_DAYS):
        first, last = int(found[1]), int(found[2] or found[1])
        if not first <= last <= CYCLE_MAX:
            raise ValueError(_unlike(value, found[0], _SOME_CYCLE_DAYS))
        days.update(range(first - 1, last))
    return frozenset(days)


def read_date(value: Any) -> date:
    """Return a date written as 2026-12-24."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{_A_DATE}, that exists") from error
        if YEARS[0] <= found.year <= YEARS[1]:
            return found
    raise ValueError(_A_DATE)


def _dates(value: Any) -> frozenset[date]:
    dates = value if isinstance(value, list) else [value]
    if not 1 <= len(dates) <= DATES_MAX:
        raise ValueError(f"{_A_DATE}, or a list of 1 to {DATES_MAX} of these")
    found = set()
    for one in dates:
        try:
            found.add(read_date(one))
        except ValueError as error:
            raise ValueError(_unlike(value, one, f"{error}, or a list of these")) from error
    return frozenset(found)


def read_rule(value: Any) -> RuleChoice:
    """Return a recurrence rule by days, its end apart from it."""
    accepted = A_RULE
    if not isinstance(value, str):
        raise ValueError(accepted)  # noqa: TRY004 - pydantic takes a ValueError for a finding
    kept, count, untils = [], None, list[Until]()
    for part in value.upper().removeprefix("RRULE:").split(";"):
        name, _, content = part.partition("=")
        if name == "COUNT" and count is None and content.isascii() and content.isdigit():
            count = int(content[:9])
        elif name == "UNTIL":
            untils.append(_until(content))
        else:
            kept.append(part)
    if count is not None and not 1 <= count <= COUNT_MAX:
        raise ValueError(f"{accepted}: COUNT=1 to {COUNT_MAX}")
    if len(untils) + (count is not None) > 1:
        raise ValueError(f"{accepted}: COUNT or UNTIL, only one of them")
    text = ";".join(kept)
    try:
        RecurrenceRule(text, date(2000, 1, 1))
    except ValueError as error:
        raise ValueError(f"{accepted}: {error}") from error
    until = untils[0] if untils and untils[0].day.year <= YEARS[1] else None
    return RuleChoice(text, times=count, until=until)


def _until(content: str) -> Until:
    found = _UNTIL.fullmatch(content)
    try:
        if found is not None:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            if found[4] is None:
                return Until(day)
            # A second 60 is a leap second.
            at = time(int(found[4]), int(found[5]), int(found[6]) - (found[6] == "60"))
            return Until(day, at, is_utc=bool(found[7]))
    except ValueError:
        pass  # no such date or time
    raise ValueError(f"{A_RULE}: instead of {f'UNTIL={content}'[:SHOWN_MAX]!r}, {_AN_UNTIL}")


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a number of days from {least} to {most}")
        return value

    return read


def _some(pattern: re.Pattern[str], **number: int) -> dict[str, Any]:
    """Return the schema of one text or a list of them; `number`: bounds within which a plain number will do too."""
    one: dict[str, Any] = {"type": "string", "pattern": whole(pattern)}
    if number:
        one = {"anyOf": [one, {"type": "integer", **number}]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


_DATE_SCHEMA = {"type": "string", "pattern": whole(_DATE), "format": "date"}

DAYS: Final = leaf(read_days, **_some(_DAYS))
MONTH_DAYS: Final = leaf(read_month_days, **_some(_MONTH_DAYS, minimum=1, maximum=31))
MONTHS: Final = leaf(read_months, **_some(_MONTHS))
RULE: Final = leaf(read_rule, type="string", pattern=r"(^|[:;])[Ff][Rr][Ee][Qq]=")
DATE: Final = leaf(read_date, **_DATE_SCHEMA)
DATES: Final = leaf(
    _dates, anyOf=[_DATE_SCHEMA, {"type": "array", "items": _DATE_SCHEMA, "minItems": 1, "maxItems": DATES_MAX}]
)
Date = Annotated[date, *DATE]
Dates = Annotated[frozenset[date], *DATES]
CycleDays = Annotated[frozenset[int], *leaf(read_cycle_days, **_some(_CYCLE_DAYS, minimum=1, maximum=CYCLE_MAX))]
CycleLength = Annotated[int, *leaf(_number(1, CYCLE_MAX), type="integer", minimum=1, maximum=CYCLE_MAX)]
LATER: Final = leaf(_number(0, CYCLE_MAX - 1), type="integer", minimum=0, maximum=CYCLE_MAX - 1)
