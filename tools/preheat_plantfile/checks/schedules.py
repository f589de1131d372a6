"""Problems between the fields of a schedule: forms that exclude each other, names that nothing has.

Reads the values as the file has them. Ignores a value of the wrong form, because the schema reports it.
"""

import difflib
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Any, Final

from preheat.domain.calendar.days import DayRule, Weekday
from preheat.domain.calendar.recurrence_rule import RecurrenceRule, comes_true
from preheat_plantfile.compiling.schedules import last_start
from preheat_plantfile.schema.dates import (
    read_cycle_days,
    read_date,
    read_days,
    read_month_days,
    read_months,
    read_rule,
)
from preheat_plantfile.schema.leaves import read_start, read_zone
from preheat_plantfile.yaml import Document, FieldPath, Problem, items_of, mapping_of

_RECURRING: Final = ("days", "month_days", "months")
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "days": read_days,
    "month_days": read_month_days,
    "months": read_months,
}
_SHOWN: Final = 12  # names in one message


def schedule_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems between the fields of each schedule."""
    calendars = mapping_of(document.value, "calendars")
    for name, entry in mapping_of(document.value, "schedules").items():
        path: FieldPath = ("schedules", name)
        if not isinstance(entry, dict):
            continue
        if not {"windows", "rotations", "added"} & set(entry):
            found, accepted = "found neither windows, rotations nor added", "at least one of them"
            yield Problem(document.place(path), path, found, accepted)
        yield from span_problems(document, path, entry)
        for kind in ("windows", "added"):
            for index, window in items_of(entry, kind):
                yield from _window(document, (*path, kind, index), window, entry.get("zone"))
                if kind == "added" and "on_closed" in window:
                    where = (*path, kind, index, "on_closed")
                    accepted = "on_closed in windows: an added window starts on closed days too"
                    yield Problem(document.place(where, of_key=True), where, "found on_closed in added", accepted)
        for index, rotation in items_of(entry, "rotations"):
            yield from _rotation(document, (*path, "rotations", index), rotation)
        yield from _check_replaced(document, path, entry)
        named = entry.get("closed")
        for index, one in enumerate(named if isinstance(named, list) else []):
            if isinstance(one, str) and one not in calendars:
                yield unknown(document, (*path, "closed", index), one, "calendar of this file", calendars)


def unknown(document: Document, where: FieldPath, found: str, what: str, known: Collection[str]) -> Problem:
    """Return the problem of a name that leads nowhere, with the most similar one."""
    close = difflib.get_close_matches(found, known, n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    some = list(known)[:_SHOWN]
    more = f", … ({len(known)} in all)" if len(known) > len(some) else ""
    accepted = f"one of: {', '.join(some)}{more}" if some else "no name, because none exists"
    return Problem(document.place(where), where, f"found {found!r}, no {what}{meant}", accepted)


def _window(document: Document, path: FieldPath, window: dict[str, Any], zone: object) -> Iterator[Problem]:
    forms = [
        form
        for form, fields in (("days, month_days or months", _RECURRING), ("dates", ("dates",)), ("rrule", ("rrule",)))
        if any(field in window for field in fields)
    ]
    accepted = "days, month_days and months (all that you give have to hold), or dates, or rrule with anchor"
    if len(forms) != 1:
        found = f"found {' beside '.join(forms)}" if forms else "found nothing that says on which days it starts"
        yield Problem(document.place(path), path, found, accepted)
    for one, other in (("rrule", "anchor"), ("anchor", "rrule")):
        if one in window and other not in window:
            found = f"found {one} without {other}"
            accepted = "rrule and anchor together: a rule counts from its anchor"
            yield Problem(document.place((*path, one)), (*path, one), found, accepted)
    if "dates" in window and {"from", "until"} & set(window):
        yield Problem(document.place(path), path, "found dates beside from or until", "dates alone")
    yield from _check_days(document, path, window)
    yield from _check_rule(document, path, window, zone)
    yield from span_problems(document, path, window)
    yield from _hours(document, path, window)


def _check_days(document: Document, path: FieldPath, window: dict[str, Any]) -> Iterator[Problem]:
    """Yield the problem of days, month days and months that never hold together."""
    given = [name for name in _RECURRING if name in window]
    days, month_days, months = (_read(_READERS[name], window.get(name)) for name in _RECURRING)
    if len(given) < 2 or any(found is None for found in (_read(_READERS[name], window[name]) for name in given)):
        return
    rule = DayRule(
        nth=days.nth if days else frozenset(),
        month_days=month_days.days if month_days else frozenset(),
        nearest=month_days.nearest if month_days else frozenset(),
        months=months or frozenset(),
    )
    if not _comes_true(rule, days.plain if days else frozenset(Weekday)):
        where = (*path, given[0])
        found = f"found {' with '.join(given)} that no date fulfils"
        yield Problem(document.place(where), where, found, "fields that some date fulfils together")


@lru_cache(maxsize=1_024)
def _comes_true(rule: DayRule, days: frozenset[Weekday]) -> bool:
    return rule.comes_true(days)


def _check_rule(document: Document, path: FieldPath, window: dict[str, Any], zone: object) -> Iterator[Problem]:
    """Yield the problem of a rule that no date fulfils, or that ends before it begins."""
    choice, anchor = _read(read_rule, window.get("rrule")), _read(read_date, window.get("anchor"))
    if choice is None or anchor is None:
        return
    rule, where = RecurrenceRule(choice.text, anchor), (*path, "rrule")
    if not comes_true(rule):
        found = f"found {choice.text!r}, which no date fulfils"
        yield Problem(document.place(where), where, found, "a rule that some date fulfils")
        return
    start, known_zone = _read(read_start, window.get("start")), _read(read_zone, zone)
    if start is None or known_zone is None:
        return
    last, until = last_start(choice, rule, start, known_zone), _read(read_date, window.get("until"))
    begins = _read(read_date, window.get("from"))
    first, name = (begins, "from") if begins is not None and begins > anchor else (anchor, "anchor")
    if last is not None and last < first:
        found = f"found an end that leaves no start: the last one is on {last} at the latest"
        accepted = f"UNTIL or COUNT that reaches {name}, which is {first}, or neither of them"
        yield Problem(document.place(where), where, found, accepted)
    if until is not None and until < anchor:
        where = (*path, "until")
        yield Problem(document.place(where), where, f"found {until}", f"a date not before anchor, which is {anchor}")


def _hours(document: Document, path: FieldPath, hours: dict[str, Any]) -> Iterator[Problem]:
    start, end = hours.get("start"), hours.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return
    if hours.get("end_day") == 0 and not isinstance(hours.get("end_day"), bool) and end.zfill(5) <= start.zfill(5):
        where = (*path, "end_day")
        found = f"found 0, though the end {end} is not after the start {start}"
        yield Problem(document.place(where), where, found, "1 or more, or no end_day: it is then on the next day")


def _rotation(document: Document, path: FieldPath, rotation: dict[str, Any]) -> Iterator[Problem]:
    shifts, cycle = mapping_of(rotation, "shifts"), rotation.get("cycle")
    yield from span_problems(document, path, rotation)
    for name, hours in shifts.items():
        if isinstance(hours, dict):
            yield from _hours(document, (*path, "shifts", name), hours)
    for name, crew in mapping_of(rotation, "crews").items():
        for shift, days in mapping_of(crew, "shifts").items():
            where = (*path, "crews", name, "shifts", shift)
            if shift not in shifts:
                yield unknown(document, where, shift, "shift of this rotation", shifts)
            numbers = _read(read_cycle_days, days)
            if _is_count(cycle) and numbers is not None and max(numbers) >= cycle:
                found = f"found day {max(numbers) + 1} of a cycle of {cycle}"
                yield Problem(document.place(where), where, found, f"days 1 to {cycle}")


def _check_replaced(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    first: dict[object, int] = {}
    for index, replaced in items_of(entry, "replaced"):
        dates = replaced.get("dates")
        where = (*path, "replaced", index, "dates")
        for day in {_read(read_date, one) for one in (dates if isinstance(dates, list) else [dates])} - {None}:
            if first.setdefault(day, index) != index:
                line = document.place((*path, "replaced", first[day])).line
                found = f"found {day}, which an earlier entry replaces already (line {line})"
                yield Problem(document.place(where), where, found, "each date once; put all its windows there")
        for number, hours in items_of(replaced, "windows"):
            yield from _hours(document, (*path, "replaced", index, "windows", number), hours)


def span_problems(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    """Yield the problem of an `until` that lies before its `from`."""
    first, last = _read(read_date, entry.get("from")), _read(read_date, entry.get("until"))
    if first is not None and last is not None and last < first:
        where = (*path, "until")
        yield Problem(document.place(where), where, f"found {last}", f"a date not before from, which is {first}")


def _read(reader: Callable[[Any], Any], value: Any) -> Any:
    """Return what a leaf's reader makes of a value, None of a wrong one."""
    try:
        return reader(value)
    except ValueError:
        return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
