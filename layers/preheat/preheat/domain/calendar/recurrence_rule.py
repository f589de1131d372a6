"""Recurrence rules of RFC 5545, by days: which dates of a year a rule means, in bounded time for every rule.

The library that knows the standard is asked for one period (a month or a year) at a time, so that a rule which never
comes true cannot make it search for ever. Knows no time of day: a rule that recurs within a day is refused.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

INTERVAL_MAX: Final = 1_000
TEXT_MAX: Final = 500  # characters
YEARS_SEARCHED: Final = 100
_YEARS_KEPT: Final = 1_024
_ONCE_MONTHLY, _ONCE_YEARLY = 120_000, 10_000  # intervals that lead past the last year of a date
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(rf"([+-]?[1-9]\d?)?({'|'.join(_WEEKDAYS)})")
_NUMBER = re.compile(r"[+-]?[1-9]\d{0,3}")

# Part -> its bound to both sides of 0, and the frequencies that may have it.
_NUMBERS: dict[str, tuple[int, tuple[str, ...]]] = {
    "BYMONTHDAY": (31, ("DAILY", "MONTHLY", "YEARLY")),
    "BYYEARDAY": (366, ("YEARLY",)),
    "BYWEEKNO": (53, ("YEARLY",)),
    "BYSETPOS": (366, ("MONTHLY", "YEARLY")),
}
_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYDAY", "WKST", *_NUMBERS)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A rule without end: `FREQ=MONTHLY;BYDAY=-1FR`, counted from its anchor (DTSTART's date).

    COUNT and UNTIL are refused here: whoever compiles a rule turns them into the last date of its window.

    Raises:
        ValueError: it says what is accepted instead.
    """

    text: str
    anchor: date

    def __post_init__(self) -> None:
        _parts(self.text)


def dates_in(rule: RecurrenceRule, year: int) -> frozenset[date]:
    """Return the dates of a year on which `rule` comes true, none before its anchor."""
    return _dates_in(rule, year)


def last_of(rule: RecurrenceRule, count: int) -> date | None:
    """Return the date of the `count`-th occurrence; None if it comes later than 100 years after the anchor."""
    for year in range(rule.anchor.year, min(rule.anchor.year + YEARS_SEARCHED, 9_000)):
        found = sorted(dates_in(rule, year))
        if len(found) >= count:
            return found[count - 1]
        count -= len(found)
    return None


def comes_true(rule: RecurrenceRule) -> bool:
    """Tell whether a rule means any date within 100 years of its anchor."""
    return last_of(rule, 1) is not None


@lru_cache(maxsize=_YEARS_KEPT)
def _dates_in(rule: RecurrenceRule, year: int) -> frozenset[date]:
    parts = _explicit(_parts(rule.text), rule.anchor)
    interval, frequency = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    anchor = rule.anchor
    if year < anchor.year:
        return frozenset()
    if frequency == "MONTHLY":
        months = [m for m in range(1, 13) if (12 * (year - anchor.year) + m - anchor.month) % interval == 0]
        found = [day for month in months for day in _period(parts, "MONTHLY", date(year, month, 1))]
    elif frequency == "YEARLY":
        found = _period(parts, "YEARLY", date(year, 1, 1)) if (year - anchor.year) % interval == 0 else []
    elif frequency == "WEEKLY":
        week_starts = _WEEKDAYS.index(parts.get("WKST", "MO"))
        origin = anchor.toordinal() - (anchor.weekday() - week_starts) % 7
        days = _period(parts, "YEARLY", date(year, 1, 1))
        found = [day for day in days if (day.toordinal() - origin) // 7 % interval == 0]
    else:
        days = _period(parts, "YEARLY", date(year, 1, 1))
        found = [day for day in days if (day - anchor).days % interval == 0]
    return frozenset(day for day in found if day >= anchor)


def _explicit(parts: dict[str, str], anchor: date) -> dict[str, str]:
    """Return the parts with what the standard takes from DTSTART written out, so that a period can stand alone."""
    if parts["FREQ"] == "DAILY":
        return {"BYDAY": ",".join(_WEEKDAYS)} | parts
    if any(name in parts for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")):
        return parts
    if parts["FREQ"] == "WEEKLY":
        return parts | {"BYDAY": _WEEKDAYS[anchor.weekday()]}
    if parts["FREQ"] == "MONTHLY":
        return parts | {"BYMONTHDAY": str(anchor.day)}
    return {"BYMONTH": str(anchor.month)} | parts | {"BYMONTHDAY": str(anchor.day)}


def _period(parts: dict[str, str], frequency: str, first: date) -> list[date]:
    """Return the dates within the one month or year that begins on `first`."""
    from dateutil import rrule  # noqa: PLC0415 - only plans that have such rules wait for it

    weekdays: Any = None
    if "BYDAY" in parts:
        weekdays = []
        for text in parts["BYDAY"].split(","):
            nth, day = _day(text)
            weekdays.append(rrule.weekday(_WEEKDAYS.index(day), nth))
    numbers = {name: [int(one) for one in parts[name].split(",")] for name in ("BYMONTH", *_NUMBERS) if name in parts}
    found = rrule.rrule(
        rrule.MONTHLY if frequency == "MONTHLY" else rrule.YEARLY,
        dtstart=datetime(first.year, first.month, 1),  # noqa: DTZ001 - a date
        interval=_ONCE_MONTHLY if frequency == "MONTHLY" else _ONCE_YEARLY,
        wkst=_WEEKDAYS.index(parts.get("WKST", "MO")),
        byweekday=weekdays,
        bymonth=numbers.get("BYMONTH"),
        bymonthday=numbers.get("BYMONTHDAY"),
        byyearday=numbers.get("BYYEARDAY"),
        byweekno=numbers.get("BYWEEKNO"),
        bysetpos=numbers.get("BYSETPOS"),
    )
    return [at.date() for at in found]


@lru_cache(maxsize=_YEARS_KEPT)
def _parts(text: str) -> dict[str, str]:
    """Return the parts of a rule by name, each checked.

    Raises:
        ValueError: it is no rule by days; the message says what is accepted.
    """
    if len(text) > TEXT_MAX:
        raise ValueError(f"a rule of at most {TEXT_MAX} characters")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or name in parts:
            raise ValueError(f"parts NAME=value joined by ';', each once, of {', '.join(_PARTS)}, not {part!r}")
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError(f"FREQ={', '.join(_FREQUENCIES)}; a time within the day is the window's start and end")
    for name, value in parts.items():
        _check(name, value, parts)
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise ValueError("BYSETPOS only beside another BY… part, whose days it picks from")
    return parts


def _check(name: str, value: str, parts: dict[str, str]) -> None:
    frequency = parts["FREQ"]
    if name == "INTERVAL" and not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= INTERVAL_MAX):
        raise ValueError(f"INTERVAL=1 to {INTERVAL_MAX}, not {value!r}")
    if name == "WKST" and value not in _WEEKDAYS:
        raise ValueError(f"WKST={', '.join(_WEEKDAYS)}, not {value!r}")
    if name == "BYMONTH" and not all(_NUMBER.fullmatch(one) and 1 <= int(one) <= 12 for one in value.split(",")):
        raise ValueError(f"BYMONTH=1 to 12, joined by ',', not {value!r}")
    if name in _NUMBERS:
        most, frequencies = _NUMBERS[name]
        if frequency not in frequencies:
            raise ValueError(f"{name} only with FREQ={' or '.join(frequencies)}")
        if not all(_NUMBER.fullmatch(one) and abs(int(one)) <= most for one in value.split(",")):
            raise ValueError(f"{name}=1 to {most} or -1 to -{most}, joined by ',', not {value!r}")
    if name == "BYDAY":
        # Beside BYMONTH the number counts within the month.
        most = {"MONTHLY": 5, "YEARLY": 5 if "BYMONTH" in parts else 53}.get(frequency, 0)
        days = [_BY_DAY.fullmatch(one) for one in value.split(",")]
        if not all(day is not None and abs(int(day[1] or 0)) <= most for day in days):
            numbered = f", each with a number up to {most} such as -1FR if need be" if most else ", without numbers"
            raise ValueError(f"BYDAY={','.join(_WEEKDAYS)}{numbered}, not {value!r}")
        if "BYWEEKNO" in parts and any(day is not None and day[1] for day in days):
            raise ValueError("BYDAY without numbers beside BYWEEKNO")


def _day(text: str) -> tuple[int | None, str]:
    found = _BY_DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"a day such as MO or -1FR, not {text!r}")
    return int(found[1]) if found[1] else None, found[2]
