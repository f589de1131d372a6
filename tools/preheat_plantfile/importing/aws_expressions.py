"""The schedule expressions of AWS, cron(…) and at(…), and their bounds, as starts or stops.

Shared by the imports of EventBridge Scheduler and of autoscaling. Knows no file format.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from preheat_plantfile.importing.cron import Days, Moments, UnreadableCron, read_aws
from preheat_plantfile.importing.documents import show
from preheat_plantfile.importing.ics_zones import find_zone
from preheat_plantfile.importing.pairing import ActionKind, ScheduledAction

_AT: Final = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2})?\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One scheduled action: what it does to which thing, in which zone, and where it is in the file."""

    thing: str
    kind: ActionKind
    zone: str
    where: str
    first: date | None = None
    last: date | None = None
    group: str = ""

    def actions(self, several: tuple[Moments, ...]) -> Iterator[ScheduledAction]:
        """Yield an action for each time of a day, and for each run of years without a gap.

        Raises:
            UnreadableCron: no date fulfils any of them, or none within the bounds.
        """
        if not any(moments.days.comes_true() for moments in several):
            raise UnreadableCron("no date fulfils it")
        found = [
            ScheduledAction(
                self.thing,
                self.kind,
                replace(moments.days, years=years),
                at,
                self.zone,
                self.where,
                self.first,
                self.last,
                self.group,
            )
            for moments in several
            for years in _stretches(moments.days.years)
            if replace(moments.days, years=years).comes_true(self.first, self.last)
            for at in moments.times
        ]
        if not found:
            raise UnreadableCron("no date of it lies between its first and its last date")
        yield from found


def _stretches(years: frozenset[int]) -> Iterator[frozenset[int]]:
    """Yield years in runs without a gap, as the bounds of one window hold no gap; one empty run means every year."""
    ordered = sorted(years)
    begins = [year for year in ordered if year - 1 not in years]
    ends = [year for year in ordered if year + 1 not in years]
    yield from (frozenset(range(first, last + 1)) for first, last in zip(begins, ends, strict=True))
    if not years:
        yield years


def read_expression(expression: Any) -> tuple[Moments, ...]:
    """Return what an expression means.

    Raises:
        UnreadableCron: it cannot be carried over; the message says why.
    """
    text = str(expression).strip()
    if text.startswith("rate("):
        raise UnreadableCron(f"found {text[:40]}, which names no time of day; accepted: cron(…) or at(…)")
    once = _AT.fullmatch(text)
    try:
        if once is not None:
            at = datetime.fromisoformat(once[1])
            return (Moments(Days(dates=frozenset([at.date()])), (at.time(),)),)
        return (read_aws(text),)
    except UnreadableCron as error:
        raise UnreadableCron(f"found {text[:60]!r}; accepted: {error}") from error
    except ValueError as error:
        raise UnreadableCron(f"found {text[:60]!r}; accepted: a time that exists") from error


def zone_of(value: Any, default: str) -> str:
    """Return the IANA zone of an entry, the default of one that names none.

    Raises:
        UnreadableCron: it names one that is not known.
    """
    if value in (None, ""):
        return default
    found = find_zone(str(value))
    if found is None:
        raise UnreadableCron(f"its zone: found {show(value)}; accepted: an IANA time zone such as Europe/Berlin")
    return found


def date_of(value: Any, zone: str) -> date | None:
    """Return the local date of an instant as AWS writes one; None of what is none."""
    at = instant_of(value)
    return at.astimezone(ZoneInfo(zone)).date() if at is not None else None


def instant_of(value: Any) -> datetime | None:
    """Return an instant as AWS writes one: text, or seconds since 1970; None of what is none."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def field_of(entry: Mapping[str, Any], *names: str) -> Any:
    """Return the first field of these names that an entry has, whatever its capitals."""
    plain = {str(name).lower(): value for name, value in entry.items()}
    return next((plain[name.lower()] for name in names if plain.get(name.lower()) is not None), None)
