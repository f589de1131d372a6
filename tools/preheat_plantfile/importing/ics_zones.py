"""Which IANA zone a calendar's TZID means: by its name, or by the rules that the file's own VTIMEZONE states.

Owns the known names and the comparison of rules. It keeps each answer, so that a file of many events asks once.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_dates, find_last
from preheat_plantfile.importing.ics_lines import Component
from preheat_plantfile.importing.ics_values import UnreadableValue, moment_of, offset_of
from preheat_plantfile.schema.dates import read_rule

# A definition may cover a few years only; the longest of these spans in which a zone agrees decides.
YEARS_AHEAD: Final = (10, 3, 1)
DIFFERENT_MAX: Final = 50  # definitions of one file that it compares; each takes some 50 ms
RULES_MAX: Final = 500  # RRULEs of one file's definitions; a daily one takes 10 ms
_STEP: Final = timedelta(days=15)
_NIGHT: Final = timedelta(hours=12)
_SECOND: Final = timedelta(seconds=1)

type Offsets = Sequence[tuple[datetime, timedelta]]  # naive UTC instants of change and the offset from then on


@dataclass(slots=True)
class Zones:
    """The zones of one file. `matched` holds each name that came from the rules, for the report."""

    definitions: Mapping[str, Sequence[Component]]
    today: date
    matched: dict[str, str] = field(default_factory=dict)
    _rules: int = 0  # that it has compared
    _skipped: set[str] = field(default_factory=set)
    _known: dict[str, str | None] = field(default_factory=dict)
    _fitting: dict[str, Sequence[str]] = field(default_factory=dict)  # by their rules

    def find(self, name: str) -> str | None:
        """Return the IANA zone that a TZID means, or None."""
        if name not in self._known:
            plain = plain_zone_name(name)
            found = find_zone(plain)
            if found is None:
                matches = (self._match(each, plain) for each in self.definitions.get(plain.lower(), ()))
                found = next(filter(None, matches), None)
                if found is not None:
                    self.matched[plain] = found
            self._known[name] = found
        return self._known[name]

    def describe(self, name: str) -> str:
        """Return why a name that `find` does not know is unknown, and the remedy."""
        plain = plain_zone_name(name)
        if plain in self._skipped:
            return f", and its VTIMEZONE is beyond {DIFFERENT_MAX} or {RULES_MAX} rules of a file; use an IANA name"
        if plain.lower() in self.definitions:
            return ", and its rules agree with none"
        return ", and no VTIMEZONE defines it; add its VTIMEZONE or change its TZID"

    def _match(self, definition: Component, name: str) -> str | None:
        """Return the zone of a definition. It compares equal rules once, and of different ones only the first."""
        rules = "\n".join(
            f"{each.name} {prop.name}:{prop.value}"
            for each in definition.observances
            for some in each.properties.values()
            for prop in some
        )
        said = f"{name} {definition.text('X-LIC-LOCATION')}"
        fitting = self._fitting.get(rules)
        if fitting is None:
            count = sum(len(each.properties.get("RRULE", ())) for each in definition.observances)
            if len(self._fitting) >= DIFFERENT_MAX or self._rules + count > RULES_MAX:
                self._skipped.add(name)
                return None
            self._rules += count
            fitting = self._fitting[rules] = matching_zones(definition, self.today)
        return min(fitting, key=lambda zone: _likelihood(zone, said), default=None)


def definitions_of(zones: Sequence[Component]) -> dict[str, list[Component]]:
    """Return a file's VTIMEZONEs by their TZID in small letters; a file that joins others has several of one name."""
    found: dict[str, list[Component]] = defaultdict(list)
    for zone in zones:
        found[plain_zone_name(zone.text("TZID")).lower()].append(zone)
    return found


def plain_zone_name(name: str) -> str:
    """Return a TZID without quotes and escapes; some programs escape it in a parameter too."""
    return re.sub(r"\\(.)", r"\1", name).strip().strip('"').strip()


@lru_cache(maxsize=1_024)
def find_zone(name: str) -> str | None:
    """Return the zone of a name of IANA, of a path that ends with one, or of Windows; case does not matter."""
    parts = name.strip().strip('"').lower().split("/")
    if len(parts) > 12:
        return None
    for first in range(len(parts)):
        found = _iana().get("/".join(parts[first:]))
        if found is not None and (first == 0 or len(parts) - first > 1 or found == "UTC"):
            return found
    return _windows().get(name.strip().lower())


@lru_cache(maxsize=1)
def _iana() -> dict[str, str]:
    return {zone.lower(): zone for zone in sorted(available_timezones())}


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415 - slow

    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items() if zone in available_timezones()}


def matching_zones(definition: Component, today: date) -> Sequence[str]:
    """Return the zones whose offsets agree with a VTIMEZONE's over the years ahead."""
    for years in YEARS_AHEAD:
        begin = datetime(today.year, today.month, 1)  # noqa: DTZ001 - naive UTC, as the changes are
        end = begin.replace(year=begin.year + years)
        try:
            changes = sorted(_changes(definition, begin, end))
            jumps = sorted(_jumps(definition, begin, end))
        except (UnreadableValue, ValueError, OverflowError):
            return ()
        if not changes:
            return ()
        if any(earlier != offset for (_, _, offset), (_, earlier, _) in pairwise(jumps)):
            # It never says how the clocks come back: only the changes that it states can agree.
            stated = [each for at, earlier, later in jumps for each in ((at - _NIGHT, earlier), (at + _NIGHT, later))]
            if fitting := _having(_candidates(), stated):
                return fitting
            continue
        within = [at for at, _ in changes if begin < at < end]
        near = [*_regular(begin, end), *(at + step for at in within for step in (-_NIGHT, _NIGHT))]
        fitting = _fitting(_candidates(), near, changes)
        # Some programs write the hour of a change wrongly; if one zone has the hour as written, that zone counts.
        exact = _fitting(fitting, [at + step for at in within for step in (-_SECOND, timedelta())], changes)
        if fitting:
            return exact or fitting
    return ()


def _regular(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += _STEP


def _changes(definition: Component, begin: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Yield the instants up to `end` at which an observance begins, with its offset; the latest one before `begin` too.

    Before the first change the offset is what that change says it was.
    """
    firsts = []
    for observance in definition.observances:
        start, to, before = (observance.first(each) for each in ("DTSTART", "TZOFFSETTO", "TZOFFSETFROM"))
        if start is None or to is None:
            continue
        offset = offset_of(to)
        earlier = offset_of(before) if before is not None else offset
        onset = moment_of(start)
        firsts.append((onset.wall - _bound(earlier, onset.day), earlier))
        for wall in _onsets(observance, onset.wall, begin, end):
            yield wall - _bound(earlier, wall.date()), offset
    if firsts:
        yield datetime(1, 1, 1), min(firsts)[1]  # noqa: DTZ001 - naive UTC, as the changes are


def _jumps(definition: Component, begin: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield the instants within a span at which the offset changes, with the one before and the one after."""
    for observance in definition.observances:
        start, to, before = (observance.first(each) for each in ("DTSTART", "TZOFFSETTO", "TZOFFSETFROM"))
        if start is None or to is None or before is None or offset_of(before) == offset_of(to):
            continue
        for wall in _onsets(observance, moment_of(start).wall, begin, end):
            at = wall - _bound(offset_of(before), wall.date())
            if begin < at < end:
                yield at, offset_of(before), offset_of(to)


def _bound(offset: timedelta, day: date) -> timedelta:
    """Return an offset, or 0 on the first day that there is, which has no day before it."""
    return offset if day > date.min else timedelta()


def _onsets(observance: Component, first_at: datetime, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the wall times at which an observance begins."""
    yield first_at
    for prop in observance.properties.get("RDATE", ()):
        for text in prop.value.split(","):
            yield moment_of(prop, text.partition("/")[0]).wall
    first = first_at.date()
    for prop in observance.properties.get("RRULE", ()):
        choice = read_rule(prop.value)
        rule = RecurrenceRule(choice.text, first)
        last = choice.until.day if choice.until is not None else None
        if choice.times is not None:
            last = find_last(rule, choice.times)
        years = range(max(begin.year - 1, first.year), end.year + 1)
        if last is not None:
            years = range(min(years.start, max(last.year - 1, first.year)), min(end.year, last.year) + 1)
        days = (day for year in years for day in find_dates(rule, year) if last is None or day <= last)
        yield from (datetime.combine(day, first_at.time()) for day in days)


def _offset_at(changes: Offsets, at: datetime) -> timedelta:
    return changes[bisect_right(changes, at, key=lambda change: change[0]) - 1][1]


@lru_cache(maxsize=1)
def _candidates() -> tuple[str, ...]:
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))


def _fitting(zones: Sequence[str], moments: Sequence[datetime], changes: Offsets) -> list[str]:
    """Return the zones that have the same offset at every moment."""
    return _having(zones, [(at, _offset_at(changes, at)) for at in moments])


def _having(zones: Sequence[str], wanted: Offsets) -> list[str]:
    return [zone for zone in zones if all(_offset_of(zone, at) == offset for at, offset in wanted)]


def _offset_of(zone: str, at: datetime) -> timedelta | None:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()


def _likelihood(zone: str, said: str) -> tuple[bool, bool, bool, str]:
    """Return what orders zones that agree: a city that the name says, one that Windows knows, none of Etc."""
    city = zone.rpartition("/")[2].replace("_", " ").lower()
    named = re.search(rf"\b{re.escape(city)}\b", said.lower()) is not None
    return (not named, zone not in _windows().values(), zone.startswith("Etc/"), zone)
