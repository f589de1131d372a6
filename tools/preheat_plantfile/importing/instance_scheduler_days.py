"""The day expressions of Instance Scheduler on AWS: `mon-fri`, `mon#2`, `friL`, `1-L`, `15W`, `1/15`, `4-0/3`.

Owns the meaning of each, as its documentation has it. Monday is 0. Ranges of weekdays and months may wrap, those of
month days may not. A step counts from the first value on. Knows no period, no time and no document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from preheat.domain.calendar.days import DayRule, NthWeekday, Weekday

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
EVERY: Final = ("*", "?")
LAST: Final = -1  # the last day of the month, or the last such weekday in it

_RANGE = re.compile(r"(?P<first>[a-z0-9]+)(?:\s*-\s*(?P<last>[a-z0-9]+))?(?:\s*/\s*(?P<step>[0-9]{1,3}))?")
_NTH = re.compile(r"(?P<day>[a-z0-9]+)#(?P<nth>[1-5])")
_LAST = re.compile(r"(?P<day>[a-z0-9]+)l")
_NEAREST = re.compile(r"(?P<day>[0-9]{1,2})w")

OF_WEEKDAYS: Final = "days such as mon or 0 (Monday), ranges such as fri-mon or 4-0/3, mon#1 to mon#5, friL, L, or *"
OF_MONTH_DAYS: Final = "days from 1 to 31, ranges such as 1-15, 20-L or 1-15/2 that do not wrap, 1/7, L, 15W, or *"
OF_MONTHS: Final = "months such as jan or 1, ranges such as nov-feb or jan-jul/2, jan/3, or *"


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week: plain ones (0 is Monday), and (day, n) for the n-th one of a month, -1 for its last."""

    plain: frozenset[int] = frozenset()
    nth: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Days of the month: 1 to 31 or -1 for the last, and those that mean the nearest day from Monday to Friday."""

    plain: frozenset[int] = frozenset()
    nearest: frozenset[int] = frozenset()


def weekdays(value: Any) -> Weekdays | None:
    """Return what a `weekdays` field means; None for every day.

    Raises:
        ValueError: what is accepted instead.
    """
    names = _names(WEEKDAYS, 0)
    plain: set[int] = set()
    nth: set[tuple[int, int]] = set()
    for text in _texts(value, OF_WEEKDAYS):
        if text in EVERY:
            plain.update(range(7))
        elif text == "l":
            plain.add(6)
        elif found := _NTH.fullmatch(text):
            nth.add((_value(found["day"], names, OF_WEEKDAYS), int(found["nth"])))
        elif text not in names and (found := _LAST.fullmatch(text)):
            nth.add((_value(found["day"], names, OF_WEEKDAYS), LAST))
        else:
            plain.update(_range(text, names, OF_WEEKDAYS, wraps=True))
    if len(plain) == 7:
        return None
    return Weekdays(frozenset(plain), frozenset((day, n) for day, n in nth if day not in plain))


def month_days(value: Any) -> MonthDays | None:
    """Return what a `monthdays` field means; None for every day. See `weekdays`."""
    names = {str(day): day for day in range(1, 32)} | {f"{day:02}": day for day in range(1, 10)}
    plain: set[int] = set()
    nearest: set[int] = set()
    for text in _texts(value, OF_MONTH_DAYS):
        if text in EVERY:
            plain.update(range(1, 32))
        elif text == "l":
            plain.add(LAST)
        elif found := _NEAREST.fullmatch(text):
            nearest.add(_value(found["day"], names, OF_MONTH_DAYS))
        else:
            plain.update(_range(text, names | {"l": 31}, OF_MONTH_DAYS, wraps=False))
    return None if plain.issuperset(range(1, 32)) else MonthDays(frozenset(plain), frozenset(nearest))


def months(value: Any) -> frozenset[int] | None:
    """Return what a `months` field means, 1 for January; None for every month. See `weekdays`."""
    names = _names(MONTHS, 1) | {f"{month:02}": month for month in range(1, 10)}
    found: set[int] = set()
    for text in _texts(value, OF_MONTHS):
        found.update(range(1, 13) if text in EVERY else _range(text, names, OF_MONTHS, wraps=True))
    return None if len(found) == 12 else frozenset(found)


def in_plant_words(
    days: Weekdays | None, of_month: MonthDays | None, in_months: frozenset[int] | None
) -> dict[str, str | int | list[str | int]]:
    """Return the fields of a plant file's window that mean the same; none for what is every day."""
    fields: dict[str, list[str | int]] = {}
    if days is not None:
        fields["days"] = [_span(WEEKDAYS, *stretch) for stretch in _stretches(days.plain)]
        fields["days"] += [f"{WEEKDAYS[day][:3]}#{'last' if n == LAST else n}" for day, n in sorted(days.nth)]
    if of_month is not None:
        plain = _stretches(of_month.plain - {LAST})
        fields["month_days"] = [first if first == last else f"{first}-{last}" for first, last in plain]
        fields["month_days"] += ["last"] * (LAST in of_month.plain) + [f"{day}w" for day in sorted(of_month.nearest)]
    if in_months is not None:
        fields["months"] = [_span(MONTHS, first - 1, last - 1) for first, last in _stretches(in_months)]
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def comes_true(days: Weekdays | None, of_month: MonthDays | None, in_months: frozenset[int] | None) -> bool:
    """Return whether any date is one of these days, month days and months."""
    plain, nth = (days.plain, days.nth) if days is not None else (frozenset(range(7)), frozenset[tuple[int, int]]())
    return DayRule(
        nth=frozenset(NthWeekday(Weekday(day), number) for day, number in nth),
        month_days=of_month.plain if of_month is not None else frozenset(),
        nearest=of_month.nearest if of_month is not None else frozenset(),
        months=in_months or frozenset(),
    ).comes_true(frozenset(map(Weekday, plain)))


def _span(words: tuple[str, ...], first: int, last: int) -> str:
    return words[first][:3] if first == last else f"{words[first][:3]}-{words[last][:3]}"


def _stretches(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """Return numbers as stretches without a gap, first and last."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _texts(value: Any, accepted: str) -> list[str]:
    """Return the single expressions of a field: a string with commas, a number, or a list of these."""
    parts = value if isinstance(value, list) else [value]
    if not parts or not all(isinstance(part, str | int) and not isinstance(part, bool) for part in parts):
        raise ValueError(accepted)
    return [text.strip().lower() for part in parts for text in str(part).split(",")]


def _names(words: tuple[str, ...], first: int) -> dict[str, int]:
    numbered = {str(number): number for number in range(first, first + len(words))}
    return {word[:length]: at for at, word in enumerate(words, first) for length in (3, len(word))} | numbered


def _value(text: str, names: Mapping[str, int], accepted: str) -> int:
    if text not in names:
        raise ValueError(accepted)
    return names[text]


def _range(text: str, names: Mapping[str, int], accepted: str, *, wraps: bool) -> list[int]:
    """Return the values of `a`, `a-b`, `a/step` (to the end of the week, month or year) or `a-b/step`."""
    found = _RANGE.fullmatch(text)
    if found is None or found["first"] == "l":
        raise ValueError(accepted)
    least, most = min(names.values()), max(names.values())
    first = _value(found["first"], names, accepted)
    if found["last"] is None and found["step"] is None:
        return [first]
    last = most if found["last"] is None else _value(found["last"], names, accepted)
    step = 1 if found["step"] is None else int(found["step"])
    if step < 1 or (last < first and not wraps):
        raise ValueError(accepted)
    width = most - least + 1
    stretch = (last - first) % width if last < first else last - first
    return [least + (first - least + passed) % width for passed in range(0, stretch + 1, step)]
