"""Problems between the fields of a calendar: countries, parts and holidays that are not known, fields without effect.

Reads the values as the file has them. Ignores a value of the wrong form, because the schema reports it.
"""

from collections.abc import Iterator
from typing import Any, Final

from preheat_plantfile.checks.schedules import span_problems, unknown
from preheat_plantfile.compiling.holidays import HALF_DAY
from preheat_plantfile.holiday_library import categories_of, countries, knows_make_up_days, names_of
from preheat_plantfile.yaml import Document, FieldPath, Problem, items_of, mapping_of

# Fields that say nothing without holidays, and why.
_OF_HOLIDAYS: Final = {
    "bridge_days": "bridge_days beside holidays, because they lie next to one",
    "make_up_days": "make_up_days beside holidays, because they make up for one",
    "half_days": "half_days beside holidays, because they are days of a country",
}


def calendar_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems between the fields of each calendar."""
    for name, entry in mapping_of(document.value, "calendars").items():
        path: FieldPath = ("calendars", name)
        if not isinstance(entry, dict):
            continue
        for index, shutdown in items_of(entry, "shutdowns"):
            yield from span_problems(document, (*path, "shutdowns", index), shutdown)
        for index, holidays in items_of(entry, "holidays"):
            yield from _holidays(document, (*path, "holidays", index), holidays)
        yield from _needs_holidays(document, path, entry)
        yield from _find_idle_make_up_days(document, path, entry)


def _needs_holidays(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    """Yield the problems of fields that have no effect on these holidays."""
    named = [holidays.get("country") for _, holidays in items_of(entry, "holidays")]
    known = [country for country in named if isinstance(country, str) and country in countries()]
    for name, accepted in _OF_HOLIDAYS.items():
        where = (*path, name)
        if name in entry and entry[name] not in (False, "open") and not entry.get("holidays"):
            yield Problem(document.place(where), where, f"found {name} without holidays", accepted)
    if entry.get("make_up_days") is True and known and not any(map(knows_make_up_days, known)):
        where = (*path, "make_up_days")
        found = f"found true, but the holiday library has no make-up workdays of {', '.join(known)}"
        yield Problem(document.place(where), where, found, "no make_up_days; name such days under added")
    if (
        entry.get("half_days", "open") != "open"
        and known
        and not any(HALF_DAY in categories_of(each) for each in known)
    ):
        where = (*path, "half_days")
        found = f"found half_days, but the holiday library has no half days of {', '.join(known)}"
        yield Problem(document.place(where), where, found, "no half_days; name such days under replaced")


def _find_idle_make_up_days(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    """Yield a problem if none of the schedules that name a calendar has a window that goes by weekdays."""
    schedules = mapping_of(document.value, "schedules").values()
    named = [one for one in schedules if isinstance(one, dict) and path[-1] in _texts_of(one.get("closed"))]
    by_weekdays = [window for one in named for _, window in items_of(one, "windows") if {"days", "rrule"} & set(window)]
    if entry.get("make_up_days") is True and named and not by_weekdays:
        where = (*path, "make_up_days")
        found = "found true, but no schedule of this calendar has a window with days or an rrule"
        yield Problem(document.place(where), where, found, "no make_up_days; name such days under added")


def _texts_of(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _holidays(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    country, part = entry.get("country"), entry.get("subdivision")
    if not isinstance(country, str) or country not in countries():
        return
    parts = countries()[country]
    if isinstance(part, str) and part not in parts:
        yield unknown(document, (*path, "subdivision"), part, f"part of {country} in the holiday library", parts)
        return
    kinds, known = entry.get("categories", ["public"]), categories_of(country)
    kinds = [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else []
    for index, kind in enumerate(kinds):
        if kind not in known:
            where = (*path, "categories", index)
            yield unknown(document, where, kind, f"category of holidays of {country}", sorted(known))
    without = entry.get("without")
    if not set(kinds) <= known or not isinstance(without, list) or not (part is None or isinstance(part, str)):
        return
    names, accepted = names_of(country, part, kinds)
    for index, name in enumerate(without):
        if isinstance(name, str) and name not in accepted:
            yield unknown(document, (*path, "without", index), name, "holiday there", names)
