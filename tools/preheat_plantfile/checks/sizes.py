"""How much a plant file may ask to be stored: a model with its schedules is one item of the plans table.

Reads the values as the file has them. The estimate is never too small.
"""

from collections.abc import Iterator
from typing import Any, Final

from preheat.domain.calendar.schedule import WINDOWS_MAX
from preheat.domain.plan.plan import SCHEDULES_MAX
from preheat_plantfile.yaml import Document, FieldPath, Problem, items_of, mapping_of

REPLACED_DAYS_MAX: Final = 1_000
MODEL_BYTES_MAX: Final = 350_000  # an item holds 400 KB; what a model holds in addition to its schedules is little

_SCHEDULE_BYTES: Final = 600
_WINDOW_BYTES: Final = 200  # what every window has, and what its rule takes in addition to its text
_NUMBERED_DAY_BYTES: Final = 20
_MONTH_DAYS_BYTES: Final = 140  # all of them, and all months
_CYCLE_BYTES: Final = 1_500  # on top of it, every day of a year's cycle
_DATE_BYTES: Final = 13
_CLOSED_DAYS: Final = 780  # 24 months and 40 days


def size_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems of schedules that are too large, and of models whose schedules are too many or too large."""
    schedules = mapping_of(document.value, "schedules")
    for name, entry in schedules.items():
        path: FieldPath = ("schedules", name)
        windows = windows_in(entry)
        if windows > WINDOWS_MAX:
            accepted = f"at most {WINDOWS_MAX} in a schedule"
            yield Problem(document.place(path), path, f"found {windows} windows", accepted)
        days = sum(_dates(replaced) for _, replaced in items_of(entry, "replaced"))
        if days > REPLACED_DAYS_MAX:
            where = (*path, "replaced")
            accepted = f"at most {REPLACED_DAYS_MAX} in a schedule"
            yield Problem(document.place(where), where, f"found {days} replaced days", accepted)
    calendars = mapping_of(document.value, "calendars")
    weights = {name: weight(entry, calendars) for name, entry in schedules.items()}
    for name, model in mapping_of(document.value, "models").items():
        named = model.get("schedules") if isinstance(model, dict) else None
        names = {each for each in named if isinstance(each, str)} if isinstance(named, list) else set()
        if len(names) > SCHEDULES_MAX:
            where = ("models", name, "schedules")
            accepted = f"at most {SCHEDULES_MAX} for a model: put windows of one purpose into one schedule"
            yield Problem(document.place(where), where, f"found {len(names)} schedules", accepted)
        total = sum(weights.get(each, 0) for each in names)
        if total > MODEL_BYTES_MAX:
            where = ("models", name, "schedules")
            found = f"found schedules that take about {total:,} bytes as stored"
            accepted = f"at most {MODEL_BYTES_MAX:,} bytes: fewer windows, or days and rules instead of dates"
            yield Problem(document.place(where), where, found, accepted)


def windows_in(entry: Any) -> int:
    """Return how many windows a schedule of the file compiles to, at the most."""
    listed = sum(len(items_of(entry, kind)) for kind in ("windows", "added"))
    shifts = sum(len(mapping_of(rotation, "shifts")) for _, rotation in items_of(entry, "rotations"))
    return listed + shifts + sum(len(items_of(day, "windows")) for _, day in items_of(entry, "replaced"))


def weight(entry: Any, calendars: dict[str, Any]) -> int:
    """Return how many bytes a schedule of the file takes as stored, or more."""
    windows = [window for kind in ("windows", "added") for _, window in items_of(entry, kind)]
    dates = sum(_dates(window) for window in windows)
    for _, replaced in items_of(entry, "replaced"):
        dates += _dates(replaced) * (1 + len(items_of(replaced, "windows")))
    named = entry.get("closed") if isinstance(entry, dict) else None
    dates += min(_CLOSED_DAYS, sum(_count_closed_days(calendars.get(str(name))) for name in named or ()))
    written = sum(_days_bytes(window) for window in windows)
    return (
        _SCHEDULE_BYTES
        + _WINDOW_BYTES * windows_in(entry)
        + _CYCLE_BYTES * _cycles(entry)
        + _DATE_BYTES * dates
        + written
    )


def _days_bytes(window: dict[str, Any]) -> int:
    """Return what the days of a window take in addition to its dates."""
    days, rule = window.get("days"), window.get("rrule")
    numbered = sum("#" in str(day) for day in days) if isinstance(days, list) else int("#" in str(days))
    lists = _MONTH_DAYS_BYTES if {"month_days", "months"} & set(window) else 0
    return len(str(rule or "")) + _NUMBERED_DAY_BYTES * numbered + lists


def _count_closed_days(calendar: Any) -> int:
    """Return how many closed days a calendar has, or more: with holidays or shutdowns all resolved days."""
    if not isinstance(calendar, dict) or {"holidays", "shutdowns"} & set(calendar):
        return _CLOSED_DAYS
    return _dates(calendar)


def _cycles(entry: Any) -> int:
    return sum(len(mapping_of(rotation, "shifts")) for _, rotation in items_of(entry, "rotations"))


def _dates(item: dict[str, Any]) -> int:
    dates = item.get("dates")
    return len(dates) if isinstance(dates, list) else int(dates is not None)
