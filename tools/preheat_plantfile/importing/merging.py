"""Demand from many sources in few windows: equal ones become one, and past ones go.

A model needs the union of its windows, so the same shift of 500 people is one window. A date is an exclusion only if
every source that has it excludes it. Knows neither calendars nor files.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import batched
from typing import Final

from preheat.domain.calendar.recurrence_rule import comes_true, find_dates
from preheat_plantfile.importing.hours import DAY, Hours
from preheat_plantfile.importing.rules import Pattern, day_fields, rule_text_of
from preheat_plantfile.schema.dates import YEARS
from preheat_plantfile.schema.windows import WINDOWS_LISTED_MAX
from preheat_plantfile.writing import Fields, PlantText, ScheduleText, Value, plain_name

DATES_MAX: Final = 1_000  # in one window
NOTES_MAX: Final = 5  # in one schedule
FEW: Final = 100  # windows; if there are more, the past ones go
# A window that ended longer ago goes: last month stays for a comparison.
OVER: Final = timedelta(days=31)
_LAST_DAY: Final = date(YEARS[1], 12, 31)


@dataclass(slots=True)
class Recurring:
    """Starts by a pattern on the dates from `first` to `last` (None: without end), except the excluded ones."""

    zone: str
    pattern: Pattern
    hours: Hours
    first: date
    last: date | None
    excluded: frozenset[date]
    title: str = ""

    @property
    def key(self) -> tuple[str, Pattern, Hours]:
        """The key that makes two of them the same shift."""
        return self.zone, self.pattern, self.hours


@dataclass(slots=True)
class ImportedDemand:
    """The collected parts: recurring starts, and single ones as (zone, hours) -> date -> title."""

    recurring: list[Recurring] = field(default_factory=list)
    singles: dict[tuple[str, Hours], dict[date, str]] = field(default_factory=dict)
    over: int = 0  # sources that lost everything

    def add(self, recurring: Iterable[Recurring], singles: Iterable[tuple[str, Hours, date, str]], today: date) -> None:
        """Add the starts of one source, without those that are over."""
        floor, kept, given = today - OVER, False, False
        for one in recurring:
            given = True
            one = _within_years(one)  # noqa: PLW2901
            if one.first > _LAST_DAY or (one.last is not None and one.last < one.first):
                continue
            if one.last is None or one.last + one.hours.length >= floor:
                if len(one.excluded) > DATES_MAX:  # exclusions in the past have no effect
                    one = replace(one, excluded=frozenset(day for day in one.excluded if day >= floor))  # noqa: PLW2901
                self.recurring.append(one)
                kept = True
        for zone, hours, day, title in singles:
            given = True
            if day + hours.length >= floor and day <= _LAST_DAY:
                self.singles.setdefault((zone, hours), {}).setdefault(day, title)
                kept = True
        self.over += given and not kept


def _within_years(one: Recurring) -> Recurring:
    """Return the part of it that a plant file can name: up to 2199, and what goes on then has no end."""
    if one.last is not None and one.last > _LAST_DAY >= one.first:
        one = replace(one, last=None)
    if any(day > _LAST_DAY for day in one.excluded):
        one = replace(one, excluded=frozenset(day for day in one.excluded if day <= _LAST_DAY))
    return one


def plant_of(name: str, demand: ImportedDemand, today: date, *, few: int = FEW) -> PlantText:
    """Return a plant with one model that needs all of it; with more than `few` windows, without the past ones."""
    merged = list(_merge(demand.recurring))
    if len(merged) > few:
        merged = list(_merge(_fewer(merged, today - OVER)))
    by_closed: dict[tuple[str, frozenset[date]], list[tuple[Fields, str]]] = defaultdict(list)
    for one in merged:
        # An excluded start is none, however long it is.
        skipped: Fields = {"on_closed": "skip"} if one.excluded and one.hours.span > DAY else {}
        by_closed[one.zone, one.excluded].append(({**_window(one), **skipped}, one.title))
    for (zone, hours), days in demand.singles.items():
        for some in batched(sorted(_find_uncovered(zone, hours, days, merged)), DATES_MAX, strict=False):
            fields = {"dates": [str(day) for day in some], **hours.fields()}
            by_closed[zone, frozenset()].append((fields, days[some[0]]))
    schedules: dict[str, ScheduleText] = {}
    for (zone, closed), windows in by_closed.items():
        for part in batched(windows, WINDOWS_LISTED_MAX, strict=False):
            titles = [title for title in dict.fromkeys(title for _, title in part) if title]
            schedules[plain_name(name, schedules)] = ScheduleText(
                zone,
                [fields for fields, _ in part],
                closed=[str(day) for day in sorted(closed)],
                notes=[
                    *titles[:NOTES_MAX],
                    *([f"and {len(titles) - NOTES_MAX} more"] if len(titles) > NOTES_MAX else []),
                ],
            )
    return PlantText(schedules, {name: list(schedules)})


def starts_within(one: Recurring, begin: date, end: date, kept: dict[Pattern, Sequence[date]]) -> int:
    """Return how many starts lie in [begin, end); `kept` holds the dates of each pattern for the same range."""
    days = kept.get(one.pattern)
    if days is None:
        rule = one.pattern.rule_from(begin)
        found = (day for year in range(begin.year, end.year + 1) for day in find_dates(rule, year))
        days = kept[one.pattern] = sorted(day for day in found if begin <= day < end)
    low = bisect_left(days, one.first)
    high = len(days) if one.last is None else bisect_right(days, one.last)
    return max(0, high - low - sum(begin <= day < end for day in one.excluded))


def _merge(recurring: Iterable[Recurring]) -> Iterator[Recurring]:
    """Yield the union of the recurring starts of each shift, in as few stretches of dates as there are."""
    groups: dict[tuple[str, Pattern, Hours], list[Recurring]] = defaultdict(list)
    for one in recurring:
        groups[one.key].append(one)
    for group in groups.values():
        for stretch in _stretches(group):
            last = None if any(one.last is None for one in stretch) else max(one.last or date.max for one in stretch)
            yield replace(stretch[0], last=last, excluded=_find_excluded_by_all(stretch))


def _stretches(group: list[Recurring]) -> Iterator[list[Recurring]]:
    stretch: list[Recurring] = []
    reach = date.min
    for one in sorted(group, key=lambda each: each.first):
        if stretch and one.first > reach:
            yield stretch
            stretch, reach = [], date.min
        stretch.append(one)
        end = date.max if one.last is None or one.last >= date.max - DAY else one.last + DAY
        reach = max(reach, end)
    yield stretch


def _find_excluded_by_all(stretch: Sequence[Recurring]) -> frozenset[date]:
    counted = Counter(day for one in stretch for day in one.excluded if one.first <= day <= (one.last or date.max))
    firsts, lasts = sorted(one.first for one in stretch), sorted(one.last or date.max for one in stretch)
    return frozenset(
        day for day, count in counted.items() if count == bisect_right(firsts, day) - bisect_left(lasts, day)
    )


def _fewer(merged: Sequence[Recurring], floor: date) -> Iterator[Recurring]:
    """Yield the same demand from `floor` on in fewer windows: the weekdays of one shift together, each once."""
    groups: dict[tuple[object, ...], list[Recurring]] = defaultdict(list)
    for one in merged:
        clipped = replace(one, first=max(one.first, floor), excluded=frozenset(d for d in one.excluded if d >= floor))
        parts = one.pattern.parts
        if parts.frequency == "WEEKLY" and not parts.positions and not parts.months:
            groups[one.zone, one.hours, parts.interval, one.pattern.phase, parts.week_start].append(clipped)
        else:
            yield clipped if comes_true(clipped.pattern.rule_from(clipped.first)) else one
    for group in groups.values():
        always = frozenset(
            day
            for one in group
            if one.first == floor and one.last is None and not one.excluded
            for day in one.pattern.parts.weekdays
        )
        together: dict[tuple[date, date | None, frozenset[date]], set[int]] = defaultdict(set)
        for one in group:
            rest = one.pattern.parts.weekdays - always
            excluded = frozenset(day for day in one.excluded if day.weekday() in rest)
            if rest:
                together[one.first, one.last, excluded] |= rest
        if always:
            together[floor, None, frozenset()] |= always
        for (first, last, excluded), weekdays in together.items():
            parts = replace(group[0].pattern.parts, weekdays=frozenset(weekdays))
            pattern = Pattern(rule_text_of(parts), group[0].pattern.phase)
            yield replace(group[0], pattern=pattern, first=first, last=last, excluded=excluded)


def _find_uncovered(zone: str, hours: Hours, days: Mapping[date, str], merged: Sequence[Recurring]) -> Iterator[date]:
    """Yield the single dates that no recurring start of the same hours has."""
    same = [one for one in merged if one.zone == zone and one.hours == hours]
    for day in days:
        if not any(
            one.first <= day <= (one.last or date.max)
            and day not in one.excluded
            and day in find_dates(one.pattern.rule_from(one.first), day.year)
            for one in same
        ):
            yield day


def _window(one: Recurring) -> Fields:
    parts = one.pattern.parts
    days = day_fields(parts)
    last: dict[str, Value] = {} if one.last is None else {"until": str(one.last)}
    if days is not None:
        return {**days, "from": str(one.first), **last, **one.hours.fields()}
    rule = one.pattern.rule_from(one.first)
    first: dict[str, Value] = {} if rule.anchor == one.first else {"from": str(one.first)}
    return {"rrule": rule.text, "anchor": str(rule.anchor), **first, **last, **one.hours.fields()}
