"""The text of a recurrence rule by days: its parts, checked, and what the standard takes from the first date.

Owns what is accepted and how a refusal says so. Knows no calendar: `recurrence_rule` evaluates the parts.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

INTERVAL_MAX: Final = 1_000
TEXT_MAX: Final = 500  # characters
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_TEXTS_KEPT: Final = 1_024
_BY_DAY = re.compile(rf"([+-]?[1-9]\d?)?({'|'.join(WEEKDAYS)})", re.ASCII)
_NUMBER = re.compile(r"[+-]?[1-9]\d{0,3}", re.ASCII)

# Part -> its bound to both sides of 0, and the frequencies that may have it.
_NUMBERS: dict[str, tuple[int, tuple[str, ...]]] = {
    "BYMONTHDAY": (31, ("DAILY", "MONTHLY", "YEARLY")),
    "BYYEARDAY": (366, ("YEARLY",)),
    "BYWEEKNO": (53, ("YEARLY",)),
    "BYSETPOS": (366, FREQUENCIES),
}
_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYDAY", "WKST", *_NUMBERS)


@dataclass(frozen=True, slots=True)
class RuleParts:
    """The parts of a rule as values; an empty set is a part that the text does not have. Monday is 0."""

    frequency: str
    interval: int = 1
    week_start: int = 0
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    numbered: frozenset[tuple[int, int]] = frozenset()  # (weekday, n): the n-th, or from the back the -n-th
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()

    @property
    def counts_in_months(self) -> bool:
        """Whether the number of a weekday counts within a month, and not within the year."""
        return self.frequency == "MONTHLY" or bool(self.months)

    @property
    def leaves_month_open(self) -> bool:
        """Whether a yearly rule names days of a month, and nothing of which: a numbered weekday counts in the year."""
        named = self.months or self.weeks or self.year_days or self.numbered
        return self.frequency == "YEARLY" and bool(self.month_days) and not named

    def complete(self, anchor: date) -> "RuleParts":
        """Return the parts with what the text leaves open, taken from the first date (RFC 8984, 4.3.3.1)."""
        if self.leaves_month_open:
            return replace(self, months=frozenset([anchor.month]))
        if self.weekdays or self.numbered or self.month_days or self.year_days or self.frequency == "DAILY":
            return self
        weekday, month_day = frozenset([anchor.weekday()]), frozenset([anchor.day])
        if self.frequency == "WEEKLY" or self.weeks:
            return replace(self, weekdays=weekday)
        if self.frequency == "MONTHLY":
            return replace(self, month_days=month_day)
        return replace(self, months=self.months or frozenset([anchor.month]), month_days=month_day)


@lru_cache(maxsize=_TEXTS_KEPT)
def read_parts(text: str) -> RuleParts:
    """Return the parts of a rule, each checked.

    Raises:
        ValueError: it is no rule by days; the message says what is accepted.
    """
    if len(text) > TEXT_MAX:
        raise ValueError(f"a rule of at most {TEXT_MAX} characters")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or name in parts:
            accepted = f"parts NAME=value joined by ';', each once, of {', '.join(_PARTS)}"
            raise ValueError(f"instead of {part[:40]!r}, {accepted}")
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError(f"FREQ={', '.join(FREQUENCIES)}; a time within the day is the window's start and end")
    for name, value in parts.items():
        _check(name, value, parts)
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise ValueError("BYSETPOS only beside another BY… part, whose days it picks from")
    days = [_day(one) for one in parts["BYDAY"].split(",")] if "BYDAY" in parts else []
    numbers = {
        name: frozenset(int(one) for one in parts[name].split(",")) if name in parts else frozenset()
        for name in ("BYMONTH", *_NUMBERS)
    }
    return RuleParts(
        parts["FREQ"],
        int(parts.get("INTERVAL", "1")),
        WEEKDAYS.index(parts.get("WKST", "MO")),
        months=numbers["BYMONTH"],
        weekdays=frozenset(day for day, nth in days if nth is None),
        numbered=frozenset((day, nth) for day, nth in days if nth is not None),
        month_days=numbers["BYMONTHDAY"],
        year_days=numbers["BYYEARDAY"],
        weeks=numbers["BYWEEKNO"],
        positions=numbers["BYSETPOS"],
    )


def _check(name: str, value: str, parts: dict[str, str]) -> None:
    frequency = parts["FREQ"]
    if name == "INTERVAL" and not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= INTERVAL_MAX):
        raise ValueError(f"instead of {value[:40]!r}, INTERVAL=1 to {INTERVAL_MAX}")
    if name == "WKST" and value not in WEEKDAYS:
        raise ValueError(f"instead of {value[:40]!r}, WKST={', '.join(WEEKDAYS)}")
    if name == "BYMONTH" and not all(_NUMBER.fullmatch(one) and 1 <= int(one) <= 12 for one in value.split(",")):
        raise ValueError(f"instead of {value[:40]!r}, BYMONTH=1 to 12, joined by ','")
    if name in _NUMBERS:
        most, frequencies = _NUMBERS[name]
        if frequency not in frequencies:
            raise ValueError(f"{name} only with FREQ={' or '.join(frequencies)}")
        if not all(_NUMBER.fullmatch(one) and abs(int(one)) <= most for one in value.split(",")):
            raise ValueError(f"instead of {value[:40]!r}, {name}=1 to {most} or -1 to -{most}, joined by ','")
    if name == "BYDAY":
        # Beside BYMONTH the number counts within the month.
        most = {"MONTHLY": 5, "YEARLY": 5 if "BYMONTH" in parts else 53}.get(frequency, 0)
        days = [_BY_DAY.fullmatch(one) for one in value.split(",")]
        if not all(day is not None and abs(int(day[1] or 0)) <= most for day in days):
            numbered = f", each with a number up to {most} such as -1FR if need be" if most else ", without numbers"
            raise ValueError(f"instead of {value[:40]!r}, BYDAY={','.join(WEEKDAYS)}{numbered}")
        if "BYWEEKNO" in parts and any(day is not None and day[1] for day in days):
            raise ValueError("BYDAY without numbers beside BYWEEKNO")


def _day(text: str) -> tuple[int, int | None]:
    """Return a weekday and its number, of a text that `_check` has accepted."""
    return WEEKDAYS.index(text[-2:]), int(text[:-2]) if len(text) > 2 else None
